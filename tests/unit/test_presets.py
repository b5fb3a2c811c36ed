import pytest

from unmask.presets import PRESETS, with_preset
from unmask.settings import Settings


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_made_of_settings_that_hold(name):
    assert set(PRESETS[name]) <= set(Settings.model_fields)
    assert Settings(**PRESETS[name]) != Settings()


def test_what_was_set_goes_before_the_preset_and_what_was_not_does_not():
    assert with_preset("fast", {"fps": 2.0, "pdf": None}) == {**PRESETS["fast"], "fps": 2.0}


def test_without_a_preset_only_what_was_set_is_left():
    assert with_preset(None, {"fps": None, "video": False}) == {"video": False}


def test_fast_looks_at_fewer_frames_than_usual_and_thorough_at_more():
    assert PRESETS["fast"]["fps"] < Settings().fps < PRESETS["thorough"]["fps"]
