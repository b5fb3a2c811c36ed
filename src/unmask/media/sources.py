"""Where pictures and sound of a media come from: decoded in a sandbox, or in this process where a setting says so.

Both give the same, bit for bit: the same code runs here or there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

from unmask.errors import DecodeFailed, DecoderStopped
from unmask.media.audio import SoundReader
from unmask.media.clock import DISORDERED, MISSING
from unmask.media.closing import Closing
from unmask.media.convert import LONGEST_SIDE
from unmask.media.showing import PictureRun
from unmask.media.video import VideoReader
from unmask.sandbox.cell import Cell, Item, enabled, only_answer
from unmask.types import FloatArray, Frame, ImageArray, Interval, Media, Shard, Sound
from unmask.wire import fraction, plain

PICTURE_SLOT = LONGEST_SIDE * LONGEST_SIDE * 3
SOUND_SLOT = 4 * 1024 * 1024
"""Bytes that travel at once: a picture of the largest size, and half a minute of sound twice over."""

KNOWN = (DISORDERED, MISSING)
"""Notes that a reader of pictures makes."""

SLOWEST = 60.0
"""Seconds of processor time that a sandbox may take for a second of media, beside the setting."""


class _Source(Protocol):
    """What all readers have."""

    @property
    def damaged(self) -> int: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class VideoSource(_Source, Protocol):
    """Gives the sampled frames of any stretch. See `VideoReader`."""

    @property
    def scale(self) -> float: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    def frames(self, stretch: Shard | Interval) -> Iterator[Frame]: ...  # noqa: D102


class SoundSource(_Source, Protocol):
    """Gives the sound of any stretch. See `SoundReader`."""

    def read(self, interval: Interval) -> Sound: ...  # noqa: D102


def open_video(media: Media, fps: float) -> VideoSource:
    """The frames of a media, `fps` of them a second; to be closed. Raises MediaError, SandboxUnavailable."""
    return _ConfinedVideo(media, fps) if enabled() else VideoReader(media, fps)


def open_sound(media: Media) -> SoundSource:
    """The sound of a media; to be closed. Raises MediaError, SandboxUnavailable."""
    return _ConfinedSound(media) if enabled() else SoundReader(media)


def frames_at(media: Media, times: Iterable[Fraction]) -> Iterator[Frame]:
    """The frames with exactly these times, as `video.frames_at`."""
    from unmask.media import video

    if not enabled():
        yield from video.frames_at(media, times)
        return
    cell = _cell("again", media, PICTURE_SLOT)
    try:
        for value, image in cell.call("frames", times=[str(time) for time in sorted(set(times))]):
            yield Frame(_time(value), _picture(image))
    finally:
        cell.close()


def read_still(media: Media) -> tuple[ImageArray, float]:
    """The picture and its scale, as `still.read_still`."""
    from unmask.media import still

    if not enabled():
        return still.read_still(media)
    value, image = only_answer("still", media.path, "read", {}, about={"media": plain(media)}, slot=PICTURE_SLOT)
    return _picture(image), _number(value, "scale")


@contextmanager
def open_pictures(media: Media, start: Fraction = Fraction(0), longest: int = LONGEST_SIDE) -> Iterator[Pictures]:
    """All pictures from about `start` on, while the block runs, their longest side at most `longest` pixels.

    Raises MediaError, SandboxUnavailable.
    """
    if media.video is None:
        raise ValueError("the media has no picture")
    here: PictureRun | _ConfinedRun
    if enabled():
        here = _ConfinedRun(_cell("pictures", media, PICTURE_SLOT, start=str(start), longest=longest))
    else:
        here = PictureRun(media, start, longest)
    try:
        yield Pictures(here)
    finally:
        here.close()


class Pictures:
    """Pictures of a video in the order of time, asked for in one of two ways."""

    def __init__(self, run: PictureRun | _ConfinedRun) -> None:
        self._run = run
        self._image: ImageArray | None = None

    def within(self, start: Fraction, end: Fraction | None = None) -> Iterator[Frame]:
        """The pictures that begin in `[start, end)`, to the media's end where none is given."""
        return self._run.within(start, end)

    def at(self, time: Fraction) -> ImageArray:
        """What a player shows at a time: RGB uint8 (height, width, 3). Times may only go on.

        That is the last picture that begins at or before it; the first one before there is any. Raises DecodeFailed
        when there is no picture at all.
        """
        fresh = self._run.changed(time)
        self._image = self._image if fresh is None else fresh
        if self._image is None:
            raise DecodeFailed("no picture can be decoded")
        return self._image


class _ConfinedRun:
    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def within(self, start: Fraction, end: Fraction | None = None) -> Iterator[Frame]:
        for value, image in self._cell.call("within", start=str(start), end=None if end is None else str(end)):
            yield Frame(_time(value), _picture(image))

    def changed(self, time: Fraction) -> ImageArray | None:
        found = [image for _, image in self._cell.call("changed", time=str(time))]
        return None if found and found[0] is None else _picture(found[0] if found else None)

    def close(self) -> None:
        self._cell.close()


def stereo(media: Media, stretch: Interval) -> Iterator[tuple[int, FloatArray]]:
    """The sound of a stretch in pieces, as `stereo.pieces`."""
    from unmask.media.stereo import pieces

    if not enabled():
        yield from pieces(media, stretch)
        return
    cell = _cell("stereo", media, SOUND_SLOT)
    try:
        for value, samples in cell.call("pieces", start=str(stretch.start), end=str(stretch.end)):
            if samples is None or samples.ndim != 2 or samples.dtype != "f4":
                raise DecoderStopped("The decoder answered what can't be read.")
            yield round(_number(value, "first")), samples
    finally:
        cell.close()


class _Confined(Closing):
    """A reader in a sandbox that is made anew where a stretch was not read to its end."""

    def __init__(self, job: str, media: Media, slot: int, **about: Any) -> None:
        self._make: Callable[[], Cell] = partial(_cell, job, media, slot, **about)
        self._cell = self._make()
        self._lost = 0

    @property
    def damaged(self) -> int:
        """Packets and pictures that were lost to damage so far."""
        return self._lost + round(_number(self._cell.state, "damaged", 0))

    def close(self) -> None:
        """Let go of the file."""
        self._cell.close()

    def _call(self, name: str, stretch: Shard | Interval) -> Iterator[Item]:
        if self._cell.closed:
            self._lost = self.damaged
            self._cell = self._make()
        return self._cell.call(name, start=str(stretch.start), end=str(stretch.end))


class _ConfinedVideo(_Confined):
    def __init__(self, media: Media, fps: float) -> None:
        super().__init__("video", media, PICTURE_SLOT, fps=fps)

    @property
    def scale(self) -> float:
        return _number(self._cell.state, "scale", 1.0)

    @property
    def notes(self) -> tuple[str, ...]:
        found = self._cell.state.get("notes", ())
        return tuple(note for note in KNOWN if note in found) if isinstance(found, list) else ()

    def frames(self, stretch: Shard | Interval) -> Iterator[Frame]:
        last: Fraction | None = None
        for value, image in self._call("frames", stretch):
            time = _time(value)
            if not stretch.start <= time < stretch.end or (last is not None and time <= last):
                raise DecoderStopped("The decoder gave a picture of another time.")
            last = time
            yield Frame(time, _picture(image))


class _ConfinedSound(_Confined):
    def __init__(self, media: Media) -> None:
        super().__init__("sound", media, SOUND_SLOT)

    def read(self, interval: Interval) -> Sound:
        found = list(self._call("read", interval))
        if len(found) != 1 or found[0][1] is None or found[0][1].ndim != 1 or found[0][1].dtype != "f4":
            raise DecoderStopped("The decoder answered what can't be read.")
        return Sound(_time(found[0][0], "start"), found[0][1])


def _cell(job: str, media: Media, slot: int, **about: Any) -> Cell:
    processor = SLOWEST * float(media.duration)
    return Cell(job, media.path, {"media": plain(media), **about}, slot=slot, processor=processor)


def _time(value: dict[str, Any], name: str = "time") -> Fraction:
    try:
        return fraction(str(value[name]))
    except (KeyError, ValueError) as wrong:
        raise DecoderStopped("The decoder answered what can't be read.") from wrong


def _number(value: dict[str, Any], name: str, default: float | None = None) -> float:
    found = value.get(name, default)
    if not isinstance(found, int | float) or not math.isfinite(found):
        raise DecoderStopped("The decoder answered what can't be read.")
    return float(found)


def _picture(image: Any) -> ImageArray:
    fits = image is not None and image.ndim == 3 and image.shape[2] == 3 and image.dtype == "u1" and image.size
    if not fits or max(image.shape) > LONGEST_SIDE:
        raise DecoderStopped("The decoder answered what can't be read.")
    return image  # type: ignore[no-any-return]
