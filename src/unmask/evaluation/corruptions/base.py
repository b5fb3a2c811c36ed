"""What a corruption is: a media written anew with one thing changed, the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from unmask.errors import UnmaskError
from unmask.reencode.codecs import CARRIER, PictureCodec
from unmask.reencode.pictures import PictureChange, each
from unmask.reencode.sound import SoundChange
from unmask.reencode.stills import rewrite_still
from unmask.reencode.transcode import Plan, transcode
from unmask.types import ImageArray, Media

Touches = Literal["picture", "sound", "both"]
PixelChange = Callable[[ImageArray, int], ImageArray]
"""A picture (h, w, 3) and its number from zero, to the changed picture."""


class NotApplicable(UnmaskError):
    """A corruption makes no sense for this media; the message is the reason's code."""

    code: ClassVar[str] = "corruption_not_applicable"
    http_status: ClassVar[int] = 400


SKIPS = {
    "no_picture": "there is no picture",
    "no_sound": "there is no sound",
    "still_picture": "a still picture has no frames to code",
    "not_a_still": "it is for still pictures",
    "not_larger": "the picture is no larger than that already",
    "not_faster": "the frame rate is no higher than that already",
    "silent": "nothing is heard in it",
    "no_partner": "there is no file of the other class to exchange with",
}
"""Why a file is left out of a corruption, by the code in `NotApplicable`."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be corrupted: the media, the seed of the run, a folder for what is needed on the way.

    `partner` is a file of the other class, for what exchanges something between real and fake.
    """

    media: Media
    seed: int
    work: Path
    partner: Media | None = None

    def number(self, name: str) -> int:
        """A number that depends on the seed, the file's bytes and `name` alone, 0 to 2 ** 64 - 1."""
        text = f"{self.seed}:{self.media.sha256}:{name}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def draw(self, name: str) -> np.random.Generator:
        """Random numbers for `name`, the same for the same file."""
        return np.random.default_rng(self.number(name))


@dataclass(frozen=True, slots=True)
class Corruption:
    """One corruption. `make` writes the corrupted media to a path; it raises NotApplicable or a MediaError."""

    name: str
    words: str
    touches: Touches
    make: Callable[[Source, Path], None]


def require_picture(media: Media, *, moving: bool = False) -> None:
    """Raises NotApplicable when there is no picture, or with `moving` when it stands still."""
    if media.video is None:
        raise NotApplicable("no_picture")
    if moving and media.kind == "image":
        raise NotApplicable("still_picture")


def require_sound(media: Media) -> None:
    """Raises NotApplicable when there is no sound."""
    if media.audio is None:
        raise NotApplicable("no_sound")


def write_pixels(media: Media, target: Path, change: PixelChange, codec: PictureCodec = CARRIER) -> None:
    """The media with every picture changed: a still as PNG, a video in `codec`, its sound as it was."""
    require_picture(media)
    if media.kind == "image":
        rewrite_still(media, target, lambda image: change(image, 0))
    else:
        transcode(media, target, Plan(codec, each(change)))


def write_pictures(media: Media, target: Path, codec: PictureCodec, change: PictureChange | None = None) -> None:
    """A video with its pictures coded anew, its sound as it was."""
    require_picture(media, moving=True)
    transcode(media, target, Plan(codec, change))


def write_samples(media: Media, target: Path, change: SoundChange) -> None:
    """The media with its sound changed and kept without loss, its picture as it was."""
    require_sound(media)
    transcode(media, target, Plan(sound_change=change))
