import pytest

from unmask.errors import SettingsError
from unmask.settings import Settings, load


def test_the_environment_sets_a_setting(monkeypatch):
    monkeypatch.setenv("UNMASK_FPS", "2.5")
    assert load().fps == 2.5


def test_an_override_beats_the_environment_and_none_does_not_count(monkeypatch):
    monkeypatch.setenv("UNMASK_FPS", "2.5")
    assert load({"fps": 8.0}).fps == 8.0
    assert load({"fps": None}).fps == 2.5


@pytest.mark.parametrize(("name", "value"), [("fps", 0), ("fps", "many"), ("max_bytes", -1), ("shard_seconds", 0.1)])
def test_a_bad_value_is_refused_in_words(name, value):
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_settings_do_not_change_under_way():
    with pytest.raises(ValueError, match="frozen"):
        Settings().fps = 1.0
