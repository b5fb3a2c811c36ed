"""Names and tags from outside stay data."""

from __future__ import annotations

import os

import pytest

from unmask.ingest.text import MAX_TAGS, clean, clean_name, clean_tags


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("مقطع فيديو.mp4", "مقطع فيديو.mp4"),
        ("a\nb\t c.mp4", "a b c.mp4"),
        ("\x1b[31mred\x07.mp4", "[31mred.mp4"),
        ("exe\u202e4pm.scr", "exe4pm.scr"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\clip.mp4", "clip.mp4"),
        ("\u200b\u200d", "unnamed"),
        ("", "unnamed"),
        (os.fsdecode(b"\xffclip.mp4"), "clip.mp4"),
    ],
)
def test_a_name_is_shown_without_what_could_deceive(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_a_long_value_is_cut_and_costs_no_time() -> None:
    assert clean("a" * 10_000_000, 300) == "a" * 300


def test_tags_carry_the_stream_they_come_from_and_lower_case_keys() -> None:
    tags = clean_tags([("", {"ENCODER": "Lavf", "encoder": "other"}), ("video", {"encoder": "x264"})])
    assert tags == {"encoder": "Lavf", "video.encoder": "x264"}


def test_empty_tags_are_left_out_and_there_are_never_too_many() -> None:
    assert clean_tags([("", {"a": "\x00", "\x01": "b"})]) == {}
    assert len(clean_tags([("", {str(n): "x" for n in range(1000)})])) == MAX_TAGS
