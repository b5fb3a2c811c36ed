"""Open a received file with libav so that nothing but this file, and only a demuxer from the list, is reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import NotMedia, StageTimeout

if TYPE_CHECKING:
    from av.container import InputContainer

SILENT_SECONDS = 60.0
"""Longest wait of a single read; all other bounds are counts, so that results don't depend on the machine's load."""

FORMATS = (
    *(
        "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska,webm",
        "avi",
        "mpegts",
        "mpeg",
        "flv",
        "asf",
        "mxf",
        "rm",
        "dv",
        "ivf",
        "ogg",
    ),
    *("wav", "w64", "mp3", "flac", "aac", "amr", "amrnb", "amrwb", "aiff", "au", "caf", "ac3", "eac3", "wv"),
    *("gif", "apng", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"),
)
"""libavformat's demuxers that are allowed. None of them opens a second file (mov's external references stay off)."""


@contextmanager
def opened(path: Path, max_pixels: int) -> Iterator[InputContainer]:
    """The file as a libav container, its format found by content alone.

    Raises:
        NotMedia: no allowed demuxer knows it, or the one that does finds nothing valid.
        StageTimeout: a single read took longer than `SILENT_SECONDS`.
    """
    import av

    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(FORMATS),
        "max_pixels": str(max_pixels),
        "max_streams": "100",
    }
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
        raise NotMedia("The file is no video, sound or picture of a kind that is taken, or it is damaged.") from error
    with container:
        yield container
