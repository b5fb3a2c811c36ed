"""What data gives away is found where it was put, and each test takes away what it says."""

import numpy as np
import pytest
from typer.testing import CliRunner

from support.corruptible import RATE, band, heard, shown, spoken, taken, talking
from support.fakeevaluation import outcome, row
from support.makers import make_picture
from unmask.bootstrap import analyzer
from unmask.cli.app import app
from unmask.evaluation.cases import cases
from unmask.evaluation.corruptions.alike import SHORTCUTS
from unmask.evaluation.corruptions.base import NotApplicable, Source
from unmask.evaluation.corruptions.silences import silences
from unmask.evaluation.document import Evaluation
from unmask.evaluation.giveaways import giveaways, properties
from unmask.evaluation.shortcuts import partners
from unmask.evaluation.zoomed import Zoomed, zoomed
from unmask.settings import load
from unmask.types import DetectorScores

TESTS = {one.name: one for one in SHORTCUTS}


def make(name, media, folder, partner=None):
    TESTS[name].make(Source(media, 1, folder, partner), folder / f"{name}-{media.name}")
    return taken(folder / f"{name}-{media.name}", folder)


def test_silences_are_measured(tmp_path):
    found = silences(taken(spoken(tmp_path / "s.wav", lead=0.7, tail=0.2), tmp_path))
    assert (found.lead, found.tail) == pytest.approx((0.7, 0.2), abs=0.03)


def test_silences_are_exchanged_and_what_is_said_stays(tmp_path):
    own = taken(spoken(tmp_path / "a.wav", seconds=4, lead=0.7, tail=0.2), tmp_path)
    other = taken(spoken(tmp_path / "b.wav", seconds=3, lead=0.1, tail=1.0, seed=3), tmp_path)
    made = make("silences_exchanged", own, tmp_path, other)
    found = silences(made)
    assert (found.lead, found.tail) == pytest.approx((0.1, 1.0), abs=0.03)
    said = [heard(one)[round(lead * RATE) + 800 :][: 2 * RATE] for one, lead in ((own, 0.7), (made, 0.1))]
    shift = max(range(-400, 401), key=lambda s: float(np.dot(said[0][500:-500], np.roll(said[1], s)[500:-500])))
    assert np.corrcoef(said[0][500:-500], np.roll(said[1], shift)[500:-500])[0, 1] > 0.99
    with pytest.raises(NotApplicable, match="no_partner"):
        make("silences_exchanged", own, tmp_path)


def test_sounds_are_made_alike_in_rate_band_and_loudness(tmp_path):
    video = taken(talking(tmp_path / "t.mp4", seconds=2, size=(320, 192)), tmp_path)
    sound = taken(spoken(tmp_path / "s.wav"), tmp_path)
    for one in (video, sound):
        for name, rate in (("all_16khz", 16_000), ("all_8khz", 8_000), ("low_pass_4khz", 16_000)):
            made = make(name, one, tmp_path)
            assert (made.kind, made.audio.codec, made.audio.sample_rate) == ("audio", "flac", rate)
            lost = band(heard(made), 4300, 8000) - band(heard(one), 4300, 8000)
            assert lost > -1 if name == "all_16khz" else lost < -20
        assert silences(make("same_loudness", one, tmp_path)).level == pytest.approx(10 ** (-26 / 20), rel=0.05)


def test_pictures_are_made_alike_in_tables_size_and_side(tmp_path):
    video = taken(talking(tmp_path / "t.mp4", seconds=0.4, size=(320, 192)), tmp_path)
    still = taken(make_picture(tmp_path / "p.png", size=(90, 120)), tmp_path)
    assert make("same_jpeg", video, tmp_path).video.codec == "mjpeg"
    assert make("same_jpeg", still, tmp_path).container != still.container
    for one in (video, still):
        sized = make("same_size", one, tmp_path).video
        assert min(sized.width, sized.height) == 360
    turned = make("mirrored", video, tmp_path)
    assert [number for number, _ in shown(turned)] == [int(f"{n:08b}"[::-1], 2) for n in range(10)]


def test_crops_are_zoomed_about_their_middle():
    crop = np.zeros((64, 64, 3), np.uint8)
    crop[28:36, 28:36] = 255
    assert zoomed(crop, 2.0)[20:44, 20:44].mean() > 1.5 * crop[20:44, 20:44].mean()
    assert zoomed(crop, 0.5).mean() < 0.5 * crop.mean()
    assert np.array_equal(zoomed(crop, 1.0), crop)


def test_a_zoomed_detector_is_the_detector_with_other_crops():
    tools = analyzer(load())
    face = tools.detectors[0]
    other = Zoomed(face, 1.1)
    assert (other.name, other.needs, other.model, other.modality) == (face.name, face.needs, face.model, face.modality)

    class Seen:
        def score(self, samples):
            return DetectorScores("face", (), failed=str(len(samples.faces)))

    from fractions import Fraction

    from unmask.types import Shard, ShardSamples

    empty = ShardSamples(Shard(0, Fraction(0), Fraction(1)), (), (), None, ())
    assert Zoomed(Seen(), 1.1).score(empty).failed == "0"


def test_every_file_has_a_partner_of_the_other_class():
    rows = [
        row(f"{i}.wav", "fake" if i % 3 == 0 else "real", kind="audio", method="x" * (i % 3 == 0)) for i in range(10)
    ]
    found = cases(rows, [outcome(one.path.name, "inconclusive", 0.5, voice=0.5) for one in rows])
    paired = partners(found, "voice")
    assert len(paired) == 10
    assert all(paired[i].label != rows[i].label for i in range(10))
    assert paired == partners(found, "voice")
    assert {paired[i].path for i in range(10) if rows[i].label == "real"} == {r.path for r in rows if r.label == "fake"}


def test_a_giveaway_is_found_where_it_was_put(tmp_path):
    rows = []
    for i in range(12):
        fake = i % 2 == 1
        path = spoken(tmp_path / f"{i}.wav", seconds=2, seed=i, lead=0.2 + 0.5 * fake, tail=0.2)
        rows.append(row(str(path), "fake" if fake else "real", kind="audio", method="x" * fake, person=str(i)))
    found = cases(rows, [outcome(one.path.name, "inconclusive", 0.5, voice=0.5) for one in rows])
    seen = []
    for _ in range(2):
        told = giveaways(found, tmp_path / "out", analyzer(load()), lambda n, o: seen.append(n), draws=20)
    assert (told[0].name, told[0].auc.value) == ("lead", 1.0) and told[0].auc.low < 0.9
    assert "sample_rate" not in {one.name for one in told}, "all alike"
    assert len(list((tmp_path / "out" / "properties").iterdir())) == 12 and len(seen) == 24


def test_properties_are_those_of_the_file(tmp_path):
    still = properties(taken(make_picture(tmp_path / "p.png", size=(80, 60)), tmp_path))
    assert still["pixels"] == 4800 and "frame_rate" not in still and "lead" not in still
    video = properties(taken(talking(tmp_path / "t.mp4", seconds=1, size=(320, 192)), tmp_path))
    assert video["frame_rate"] == pytest.approx(25) and video["sample_rate"] == 48_000
    assert video["picture_seconds"] == pytest.approx(1, abs=0.05)


def test_the_command_tells_what_the_files_give_away(tmp_path):
    lines = []
    for i in range(10):
        make_picture(tmp_path / f"{i}.png", size=(40 + 20 * (i % 2), 40))
        lines.append(f"{i}.png,image,{'fake' if i % 2 else 'real'},{'gan' if i % 2 else ''},p{i}")
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,kind,label,method,person\n" + "\n".join(lines) + "\n")
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["evaluate", str(manifest), "--out", str(out), "--split", "all", "--shortcuts"])
    assert done.exit_code == 0, done.output
    told = Evaluation.from_json((out / "evaluation.json").read_bytes()).shortcuts
    assert [one.name for one in told.tests] == list(TESTS)
    pixels = next(one for one in told.giveaways if one.name == "pixels")
    assert (pixels.subject, pixels.kind, pixels.auc.value) == ("face", "image", 1.0)
    assert "pixels of the picture" in done.output
    assert "What the files give away" in (out / "evaluation.html").read_text()
