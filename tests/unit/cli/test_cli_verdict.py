from unmask.cli.verdict import clock, visible


def test_control_and_direction_characters_are_shown_as_codes():
    assert visible("a\u202eb\nc\x1b[31m") == "a\\u202eb\\u000ac\\u001b[31m"


def test_accents_and_emoji_stay_as_they_are():
    assert visible("Übung 🎬.mp4") == "Übung 🎬.mp4"


def test_times_read_as_minutes_and_seconds():
    assert clock(0) == "00:00.0"
    assert clock(59.96) == "01:00.0"
    assert clock(3725.25) == "62:05.2"
