"""Receiving: whole, hashed, limited, and nothing left behind on failure."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from unmask.errors import EmptyFile, FileMissing, NotAFile, TooLarge
from unmask.ingest import receive, receive_file

DATA = bytes(range(256)) * 10_000  # more than two chunks


class Trickle(io.RawIOBase):
    """A source that gives a few bytes at a time, as a socket does, and counts what was taken from it."""

    def __init__(self, data: bytes) -> None:
        self.rest = data
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        part, self.rest = self.rest[: min(size, 7_001)], self.rest[min(size, 7_001) :]
        self.given += len(part)
        return part


class Breaks(io.RawIOBase):
    """A source that breaks down after its first chunk."""

    def __init__(self) -> None:
        self.calls = 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        if self.calls > 1:
            raise ConnectionResetError
        return b"x" * 100


def test_a_stream_is_kept_whole_with_its_hash(tmp_path: Path) -> None:
    received = receive(Trickle(DATA), tmp_path / "new" / "folder", len(DATA))  # type: ignore[arg-type]
    assert received.path.read_bytes() == DATA
    assert received.size == len(DATA)
    assert received.sha256 == hashlib.sha256(DATA).hexdigest()
    assert [path.name for path in received.path.parent.iterdir()] == [received.path.name]


def test_a_file_is_copied_and_not_linked(tmp_path: Path) -> None:
    source = tmp_path / "clip.mp4"
    source.write_bytes(DATA)
    received = receive_file(source, tmp_path / "work", len(DATA))
    with source.open("r+b") as file:
        file.write(b"changed")
    assert received.path.read_bytes() == DATA
    assert received.sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_file_that_hides_its_size_is_read_to_its_end(tmp_path: Path) -> None:
    source = Path("/proc/self/status")
    if not source.exists():
        pytest.skip("no /proc on this system")
    received = receive_file(source, tmp_path, 1_000_000)
    assert received.path.read_bytes().startswith(b"Name:")


def test_exactly_the_limit_is_taken_and_one_byte_more_is_not(tmp_path: Path) -> None:
    assert receive(io.BytesIO(DATA), tmp_path / "a", len(DATA)).size == len(DATA)
    with pytest.raises(TooLarge):
        receive(io.BytesIO(DATA), tmp_path / "b", len(DATA) - 1)
    source = tmp_path / "clip.mp4"
    source.write_bytes(DATA)
    with pytest.raises(TooLarge):
        receive_file(source, tmp_path / "c", len(DATA) - 1)


def test_reading_stops_at_the_limit(tmp_path: Path) -> None:
    source = Trickle(DATA)
    with pytest.raises(TooLarge):
        receive(source, tmp_path, 10_000)  # type: ignore[arg-type]
    assert source.given == 10_001


@pytest.mark.parametrize(
    ("source", "error"), [(io.BytesIO(b""), EmptyFile), (io.BytesIO(DATA), TooLarge), (Breaks(), ConnectionResetError)]
)
def test_a_failure_leaves_nothing_behind(source: io.IOBase, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        receive(source, tmp_path, 1_000)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_receiving_again_replaces_what_an_interrupted_run_left(tmp_path: Path) -> None:
    (tmp_path / "media.part").write_bytes(b"left over" * 100_000)
    receive(io.BytesIO(b"first"), tmp_path, 100)
    received = receive(io.BytesIO(b"second"), tmp_path, 100)
    assert received.path.read_bytes() == b"second"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_pipe_without_a_writer_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotAFile):
        receive_file(tmp_path / "pipe", tmp_path / "work", 100)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_missing(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"x")
    (tmp_path / "clip.mp4").chmod(0)
    with pytest.raises(FileMissing):
        receive_file(tmp_path / "clip.mp4", tmp_path / "work", 100)


def test_a_zero_byte_in_the_path_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        receive_file(tmp_path / "a\0b", tmp_path / "work", 100)
