"""The committed clips are what samples/README.md and truth.json say of them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).parents[3] / "samples"
FPS = 25
RATE = 48_000


def difference(one, other, second, region=np.s_[:, :]):
    number = round(second * FPS)
    apart = one["frames"][number].astype(float) - other["frames"][number].astype(float)
    return np.abs(apart[region]).mean()


@pytest.mark.parametrize("name", ["untouched.mp4", "manipulated.mp4"])
def test_a_clip_is_small_enough_to_live_in_the_repository(name):
    assert (SAMPLES / name).stat().st_size < 1_000_000


def test_both_clips_have_the_same_form(untouched, manipulated, truth):
    for clip, name in ((untouched, "untouched.mp4"), (manipulated, "manipulated.mp4")):
        assert clip["codecs"] == ["h264", "aac"]
        assert clip["size"] == (640, 480)
        assert len(clip["frames"]) == round(truth[name]["seconds"] * FPS)
        assert len(clip["sound"]) / RATE == pytest.approx(truth[name]["seconds"], abs=0.05)


def test_the_picture_differs_inside_the_forged_stretch_and_nowhere_else(untouched, manipulated, truth):
    (span,) = [s for s in truth["manipulated.mp4"]["manipulations"] if s["modality"] == "face"]
    face = np.s_[120:300, 220:400]
    inside = [
        difference(untouched, manipulated, t, face) for t in np.arange(span["start"] + 0.3, span["end"] - 0.3, 0.5)
    ]
    outside = [difference(untouched, manipulated, t, face) for t in (0.2, 2.0, 3.8, 11.7, 13.0, 15.0)]
    assert min(inside) > 3 * max(outside)


def test_only_the_face_is_forged_and_the_rest_of_the_picture_stays(untouched, manipulated):
    background = np.s_[380:, :]
    assert difference(untouched, manipulated, 6.0, background) < 3.0


def test_the_sound_differs_inside_the_forged_stretch_and_nowhere_else(untouched, manipulated, truth):
    (span,) = [s for s in truth["manipulated.mp4"]["manipulations"] if s["modality"] == "voice"]
    apart = np.abs(untouched["sound"] - manipulated["sound"])
    start, end = round(span["start"] * RATE), round(span["end"] * RATE)
    edge = RATE // 10
    assert apart[start:end].mean() > 20 * max(apart[: start - edge].mean(), apart[end + edge :].mean())


def test_the_face_is_found_and_large_enough_in_both_clips(untouched, manipulated):
    from unmask.media.faces import FaceFinder

    finder = FaceFinder()
    for clip in (untouched, manipulated):
        for second in (1, 6, 13):
            (face,) = finder.find(clip["frames"][second * FPS], Fraction(second))
            assert face.observation.box.width >= 110
