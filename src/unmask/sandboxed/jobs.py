"""What a sandbox can be asked to do: find out what a file is, and give its pictures and its sound.

A job is made with a media and what it is about; its public methods are the calls. Each gives values, with an array
beside them or without, and `state` is told after every call.
"""

from __future__ import annotations

import importlib
import mmap
import os
import pkgutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from unmask.errors import UnmaskError
from unmask.sandboxed.channel import Channel
from unmask.sandboxed.lock import lock
from unmask.types import Interval, Media
from unmask.wire import plain, revive

Told = tuple[dict[str, Any], NDArray[Any] | None]


def load() -> None:
    """Load all that a job needs, so that no fork has to."""
    import av
    import soxr  # noqa: F401
    from PIL import Image, ImageOps  # noqa: F401

    import unmask.ingest
    import unmask.media.audio
    import unmask.media.showing
    import unmask.media.stereo
    import unmask.media.still
    import unmask.media.video  # noqa: F401

    for module in pkgutil.walk_packages(av.__path__, "av."):  # it loads some of its parts when a file first needs them
        if not module.name.endswith(("__main__", "datasets")):
            importlib.import_module(module.name)
    Image.init()


def serve(line: socket.socket, memory: int) -> None:
    """Do one job behind locks, call by call, until nobody listens any more."""
    channel = Channel(line, memory)
    spec = channel.next_call()
    locks = lock(spec["memory"], spec["processor"], spec["readable"])
    job = Job(Path(spec["path"]))

    def begin() -> Iterator[Told]:
        nonlocal job
        job = JOBS[spec["job"]](Path(spec["path"]), **spec["about"])
        return iter(())

    _answer(channel, begin, lambda: {**job.state(), "locks": locks.to_dict()})
    while True:
        asked = channel.next_call()
        call: Callable[..., Iterator[Told]] = getattr(job, asked["call"])
        _answer(channel, partial(call, **asked["arguments"]), job.state)


def _answer(channel: Channel, call: Callable[[], Iterator[Told]], state: Callable[[], dict[str, Any]]) -> None:
    try:
        for value, array in call():
            channel.item(value, array)
        channel.send({"kind": "end", "state": state()})
    except UnmaskError as refused:
        channel.send({"kind": "error", "code": refused.code, "message": refused.message})
    except MemoryError:
        channel.send({"kind": "error", "code": "memory"})
    except Exception as broken:  # whatever a hostile file brings about is an answer, and the other side's to judge
        channel.send({"kind": "error", "code": "broken", "message": type(broken).__name__})


class Job:
    """Something that a sandbox does with one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self) -> dict[str, Any]:
        """What is told beside the answers."""
        return {}

    def _media(self, media: dict[str, Any]) -> Media:
        return replace(revive(Media, media), path=self._path)


class Survey(Job):
    """What a received file is, and what it says of its origin but for its manifest."""

    def examine(self, name: str, size: int, sha256: str, limits: dict[str, Any]) -> Iterator[Told]:
        """The media, its claims, and whether it holds a manifest."""
        from unmask.ingest.claims import read_claims
        from unmask.ingest.limits import Limits
        from unmask.ingest.probe import probe
        from unmask.ingest.receive import Received

        media = probe(Received(self._path, size, sha256), name, Limits(**limits))
        yield {"media": plain(media), "claims": plain(read_claims(media))}, None


class Video(Job):
    """The sampled frames of any stretch."""

    def __init__(self, path: Path, media: dict[str, Any], fps: float) -> None:
        from unmask.media.video import VideoReader

        super().__init__(path)
        self._reader = VideoReader(self._media(media), fps)

    def state(self) -> dict[str, Any]:
        """Scale, damage and notes so far."""
        return {"scale": self._reader.scale, "damaged": self._reader.damaged, "notes": list(self._reader.notes)}

    def frames(self, start: str, end: str) -> Iterator[Told]:
        """Each frame with its time."""
        for frame in self._reader.frames(Interval(Fraction(start), Fraction(end))):
            yield {"time": str(frame.time)}, frame.image


class Sound(Job):
    """Mono sound of any stretch."""

    def __init__(self, path: Path, media: dict[str, Any]) -> None:
        from unmask.media.audio import SoundReader

        super().__init__(path)
        self._reader = SoundReader(self._media(media))

    def state(self) -> dict[str, Any]:
        """Damage so far."""
        return {"damaged": self._reader.damaged}

    def read(self, start: str, end: str) -> Iterator[Told]:
        """The samples and when the first one sounds."""
        sound = self._reader.read(Interval(Fraction(start), Fraction(end)))
        yield {"start": str(sound.start)}, sound.samples


class Again(Job):
    """Frames whose exact times are known."""

    def __init__(self, path: Path, media: dict[str, Any]) -> None:
        super().__init__(path)
        self._of = self._media(media)

    def frames(self, times: list[str]) -> Iterator[Told]:
        """Each frame once, in the order of time."""
        from unmask.media.video import frames_at

        for frame in frames_at(self._of, map(Fraction, times)):
            yield {"time": str(frame.time)}, frame.image


class Still(Job):
    """A still picture."""

    def __init__(self, path: Path, media: dict[str, Any]) -> None:
        super().__init__(path)
        self._of = self._media(media)

    def read(self) -> Iterator[Told]:
        """The picture and its scale."""
        from unmask.media.still import read_still

        image, scale = read_still(self._of)
        yield {"scale": scale}, image


class Pictures(Job):
    """Every picture from about a time on."""

    def __init__(self, path: Path, media: dict[str, Any], start: str, longest: int) -> None:
        from unmask.media.showing import PictureRun

        super().__init__(path)
        self._run = PictureRun(self._media(media), Fraction(start), longest)

    def within(self, start: str, end: str | None) -> Iterator[Told]:
        """The pictures that begin in `[start, end)`; to the end of the media without one."""
        for frame in self._run.within(Fraction(start), None if end is None else Fraction(end)):
            yield {"time": str(frame.time)}, frame.image

    def changed(self, time: str) -> Iterator[Told]:
        """The picture that is shown at a time, if it is another one than before."""
        yield {}, self._run.changed(Fraction(time))


class Stereo(Job):
    """The sound of a stretch for a film, as it was recorded."""

    def __init__(self, path: Path, media: dict[str, Any]) -> None:
        super().__init__(path)
        self._of = self._media(media)

    def pieces(self, start: str, end: str) -> Iterator[Told]:
        """Pieces of the stretch, each with the number of its first sample in it."""
        from unmask.media.stereo import pieces

        for first, samples in pieces(self._of, Interval(Fraction(start), Fraction(end))):
            yield {"first": first}, np.asarray(samples, np.float32)


class Check(Job):
    """What the locks keep from happening, each tried: for `unmask doctor` and the tests."""

    ATTEMPTS: ClassVar[dict[str, Callable[[], object]]] = {
        "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "process": lambda: os.waitpid(os.fork() or os._exit(0), 0),
        "write": lambda: os.open("/tmp/unmask-must-not-be", os.O_CREAT | os.O_WRONLY),  # noqa: S108
        "other_files": lambda: Path("/etc/hostname").read_bytes(),
        "signal": lambda: os.kill(os.getppid(), 0),
        "memory": lambda: bytearray(1 << 40),
        "code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    }

    def attempts(self) -> Iterator[Told]:
        """What was tried, and whether it was possible."""
        for name, attempt in self.ATTEMPTS.items():
            try:
                attempt()
            except (OSError, MemoryError) as refused:
                yield {"attempt": name, "possible": isinstance(refused, FileNotFoundError)}, None
            else:
                yield {"attempt": name, "possible": True}, None

    def opens(self, path: str) -> Iterator[Told]:
        """Whether a file can be read."""
        try:
            Path(path).read_bytes()
        except OSError:
            yield {"possible": False}, None
        else:
            yield {"possible": True}, None


JOBS: dict[str, type[Job]] = {
    "survey": Survey,
    "video": Video,
    "sound": Sound,
    "again": Again,
    "still": Still,
    "pictures": Pictures,
    "stereo": Stereo,
    "check": Check,
}
