"""Real clips, where the research data lies beside the project; skipped with a reason where it does not."""

import csv
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from unmask.bootstrap import analyzer
from unmask.ingest import ingest
from unmask.media.read import MediaReader
from unmask.media.shards import plan
from unmask.media.tracks import link
from unmask.settings import Settings, load

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("UNMASK_DATA", ROOT.parent / "shared" / "data"))

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "manifest_visual.csv").is_file(), reason="the research data is not on this machine"),
]


def clips(label, folder):
    """Paths of real or fake clips below a folder of the data."""
    with (DATA / "manifest_visual.csv").open(newline="") as source:
        rows = [r for r in csv.DictReader(source) if r["kind"] == "video" and r["label"] == label]
    return [DATA / r["path"] for r in rows if f"clips/{label}/{folder}" in r["path"]]


def persons(path, work):
    settings = Settings()
    media = ingest(path, work, settings)
    observations, times = [], []
    with MediaReader(media, settings) as reader:
        for shard in plan(media, settings.shard_seconds, settings.fps):
            samples = reader.read(shard)
            observations += [face.observation for face in samples.faces]
            times += samples.frame_times
    return link(observations, times)


def test_two_faces_side_by_side_are_two_persons(tmp_path):
    from imageio_ffmpeg import get_ffmpeg_exe

    left, right = clips("real", "spectre")[0], clips("real", "pc_avs")[0]
    both = tmp_path / "both.mp4"
    side = "scale=360:360:force_original_aspect_ratio=increase,crop=360:360,fps=25"
    join = f"[0:v]{side}[l];[1:v]{side}[r];[l][r]hstack"
    command = [
        get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        left,
        "-i",
        right,
        "-filter_complex",
        join,
        "-t",
        "5",
        both,
    ]
    subprocess.run(list(map(str, command)), check=True)
    found = persons(both, tmp_path)
    assert len(found) == 2
    centres = [[o.box.x + o.box.width / 2 for o in track.observations] for track in found]
    assert {all(x < 360 for x in side) for side in centres} == {True, False}
    assert {all(x > 360 for x in side) for side in centres} == {True, False}


@pytest.mark.parametrize("folder", ["spectre", "pc_avs", "mead", "talking"])
def test_a_talking_person_is_seen_in_nearly_every_sampled_frame(folder, tmp_path):
    path = clips("real", folder)[0]
    tracks = persons(path, tmp_path)
    assert tracks
    longest = max(tracks, key=lambda t: len(t.observations))
    seen = [o.time for o in longest.observations]
    assert len(seen) >= 0.8 * (max(seen) - min(seen)) * Fraction(4)


def test_a_real_talking_clip_goes_through_all_stages(tmp_path):
    result = analyzer(load()).analyze(clips("real", "talking")[0], tmp_path / "out")
    assert any(f.state == "scored" for f in result.findings)
    assert result.verdict.probability is not None
    assert (tmp_path / "out" / "report.html").is_file()
