"""Open a received file with libav so that nothing but this file, and only a demuxer from the list, is reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import NotMedia, StageTimeout
from unmask.ingest.allowed import OPTIONS
from unmask.ingest.memory import raise_if_short

if TYPE_CHECKING:
    from av.container import InputContainer

SILENT_SECONDS = 60.0
"""Longest wait of a single read; all other bounds are counts, so that results don't depend on the machine's load."""


@contextmanager
def opened(path: Path, max_pixels: int) -> Iterator[InputContainer]:
    """The file as a libav container, its format found by content alone.

    Raises:
        NotMedia: no allowed demuxer knows it, or the one that does finds nothing valid.
        StageTimeout: a single read took longer than `SILENT_SECONDS`.
    """
    import av

    options = {**OPTIONS, "max_pixels": str(max_pixels), "max_streams": "100"}
    try:
        container = av.open(
            f"file:{path.resolve()}",
            options=options,
            metadata_errors="replace",
            timeout=(SILENT_SECONDS, SILENT_SECONDS),
        )
    except av.ExitError as error:
        raise StageTimeout("Reading the file took too long.") from error
    except (av.FFmpegError, OSError, ValueError, RuntimeError) as error:
        raise_if_short(error)
        raise NotMedia("The file is no video, sound or picture of a kind that is taken, or it is damaged.") from error
    with container:
        yield container
