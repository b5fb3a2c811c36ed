"""Every kind of bad input ends in its code, in bounded time, or is analysed with a note."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from support.makemedia import BAD_INPUTS, BadInput, make_sound
from unmask.errors import MediaError
from unmask.ingest import ingest
from unmask.settings import Settings

SECONDS = 10.0
"""Far above what any needs (under a second), so that a busy machine does not matter; a hang does."""


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The decoders are loaded before the first time is taken."""
    folder = tmp_path_factory.mktemp("warm")
    ingest(make_sound(folder / "warm.wav"), folder / "work", Settings())


@pytest.mark.parametrize("bad", BAD_INPUTS.values(), ids=lambda bad: bad.name)
def test_a_bad_input_ends_in_its_code_and_not_in_a_hang(bad: BadInput, tmp_path: Path) -> None:
    source, work = tmp_path / "source", tmp_path / "work"
    source.mkdir()
    path = bad.make(source)
    before = time.monotonic()
    try:
        media = ingest(path, work, Settings(**bad.settings))
    except MediaError as error:
        assert error.code == bad.code, error.message
        assert error.message and "\n" not in error.message
        assert list(work.glob("*")) == [], "a refused file is not kept"
    else:
        assert bad.code is None, f"analysed: {media}"
        assert bad.note in " | ".join(media.notes)
        json.dumps(asdict(media), default=str, ensure_ascii=False).encode()
        assert media.name.isprintable()
        assert all(value.isprintable() and len(value) <= 300 for value in media.tags.values())
    assert time.monotonic() - before < SECONDS


def test_there_are_bad_inputs_of_more_than_35_kinds_and_of_every_code() -> None:
    codes = {bad.code for bad in BAD_INPUTS.values()}
    assert len(BAD_INPUTS) >= 35
    assert codes >= {"empty_file", "not_media", "no_streams", "truncated", "unsupported_codec", "too_long", "too_large"}
    assert codes >= {"zero_duration", "unreadable_first_frame", "encrypted", "not_a_file", "file_missing", None}
    assert codes >= {"unsupported_container", "too_many_pixels"}
