"""Opening a container and reading its packets, with damage survived and libav's errors turned into coded ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from unmask.errors import DecodeFailed, FileMissing, NotAFile, UnreadableFrame
from unmask.ingest.allowed import OPTIONS
from unmask.ingest.memory import raise_if_short
from unmask.types import Media

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

MOST_READ_ERRORS = 64
"""Errors in a row while reading after which the rest of a file is given up."""

SEEKABLE = ("mp4", "mov", "matroska", "webm", "mpegts", "mpeg", "flv")
"""Containers whose packets carry their own presentation times, so that a seek can't change what is read."""


def open_container(media: Media) -> InputContainer:
    """Open the media's file; nothing but that file can be reached from within it. Raises a MediaError."""
    import av

    try:
        return av.open(f"file:{media.path}", metadata_errors="ignore", options=dict(OPTIONS))
    except FileNotFoundError as missing:
        raise FileMissing(f"{media.name}: the file is gone") from missing
    except (IsADirectoryError, PermissionError) as wrong:
        raise NotAFile(f"{media.name}: not a readable file") from wrong
    except (av.FFmpegError, OSError, ValueError) as wrong:
        raise_if_short(wrong)
        raise UnreadableFrame(f"{media.name}: the container can't be opened any more") from wrong


def pick_stream(container: InputContainer, index: int, name: str) -> Any:
    """The stream of that index; all others are skipped while reading. Raises DecodeFailed when there is none."""
    from av.stream import Discard

    if index >= len(container.streams):
        raise DecodeFailed(f"{name}: stream {index} is not in the file")
    for stream in container.streams:
        if stream.index != index and hasattr(stream, "discard"):
            stream.discard = Discard.all
    return container.streams[index]


def can_seek(container: InputContainer) -> bool:
    """Whether a seek in this container is certain to give the same packets with the same times."""
    return any(name in SEEKABLE for name in container.format.name.split(","))


class PacketReader:
    """The packets of one stream, in the order of the file. `damaged` counts the places that could not be read."""

    def __init__(self, container: InputContainer, stream: Stream) -> None:
        self._container = container
        self._stream = stream
        self.damaged = 0

    def __iter__(self) -> Iterator[Packet[Any]]:
        """Packets from the container's position on, to the end or to where nothing more can be read."""
        import av

        in_a_row = 0
        while in_a_row < MOST_READ_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    if packet.size:
                        in_a_row = 0
                        yield packet
                return
            except av.FFmpegError as error:
                raise_if_short(error)
                self.damaged += 1
                in_a_row += 1
            except IndexError:  # PyAV 18.1 stumbles over a stream that begins in mid-file; nothing is lost by it
                in_a_row += 1
