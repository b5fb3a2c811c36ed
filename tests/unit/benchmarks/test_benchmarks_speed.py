import pytest
from benchmarks import speed
from benchmarks.clips import MAIN, Clip
from benchmarks.measure import Cost

LONG, SHORT = Clip(seconds=600), Clip(seconds=10)
STAGES = {"start": 1.0, "ingest": 0.5, "media": 4.0, "detect": 2.0, "fuse": 0.5, "explain": 1.0, "report": 3.0}


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Which measurements were asked for; each costs the same."""
    asked = []

    def run(kind, *arguments):
        asked.append(kind)
        spent = {"processor": STAGES, "wall": STAGES}
        told = {"ours": {"cold": spent, "warm": spent}, "limit": {"parts": {"decode": 2.0}, "sum": 2.0}}
        plain = {"processor": {"load": 1.0, "detect": 10.0}}
        return Cost(wall=5.0, processor=12.0, peak_mib=500.0, told=told.get(kind, plain))

    monkeypatch.setattr(speed, "run", run)
    monkeypatch.setattr(speed, "made", lambda clip, folder: folder / clip.file)
    return asked


def test_what_is_measured_so_far_is_there_after_every_clip(ran, tmp_path):
    seen = []
    for document in speed.measured(tmp_path, runs=3, others=1, whole_baseline=False, clips=[MAIN, LONG, SHORT]):
        speed.write(document, tmp_path / "speed.json")
        seen.append([row["clip"] for row in document["clips"]])
    assert [len(names) for names in seen] == [1, 2, 3]
    assert ran.count("ours") == 5 and ran.count("plain") == 4, "no baseline reads ten minutes"
    table = (tmp_path / "speed.md").read_text("utf-8")
    (line,) = (line for line in table.splitlines() if line.startswith(f"| {MAIN.name} |"))
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells[1:4] == ["2.0", "7.0", "3.50"] and cells[-2:] == ["100", "8.3"]


def test_other_clips_can_be_left_out(ran, tmp_path):
    (document,) = speed.measured(tmp_path, runs=1, others=0, whole_baseline=False, clips=[MAIN, SHORT])
    assert [row["clip"] for row in document["clips"]] == [MAIN.name]
