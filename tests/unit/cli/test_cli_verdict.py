import io
from pathlib import Path

from rich.console import Console

from support import fakeresult as fake
from unmask.cli.verdict import clock, panel, visible


def test_control_and_direction_characters_are_shown_as_codes():
    assert visible("a\u202eb\nc\x1b[31m") == "a\\u202eb\\u000ac\\u001b[31m"


def test_accents_and_emoji_stay_as_they_are():
    assert visible("Übung 🎬.mp4") == "Übung 🎬.mp4"


def test_times_read_as_minutes_and_seconds():
    assert clock(0) == "00:00.0"
    assert clock(59.96) == "01:00.0"
    assert clock(3725.25) == "62:05.2"


def test_the_panel_says_how_long_it_took_and_on_what(tmp_path: Path):
    screen = Console(width=120, record=True, file=io.StringIO())
    screen.print(panel(fake.manipulated(tmp_path), tmp_path))
    assert "This took 13.3 s: finding faces and speech 4.2 s and the models 9.1 s." in screen.export_text()
