"""The frozen values that the stages hand each other. No stage passes anything else.

Times are exact fractions of a second on the media's own clock: zero is the first instant that a player shows.
Arrays are never changed after a value was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MediaKind = Literal["video", "audio", "image"]
Modality = Literal["video", "audio", "audio_visual", "container"]
FloatArray = NDArray[np.float32]
ImageArray = NDArray[np.uint8]

SAMPLE_RATE = 16_000
"""Samples a second of all sound inside Unmask (mono)."""


# --- 1 ingest ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VideoStream:
    """What the container says of its picture; width and height as displayed, after `rotation` (degrees clockwise)."""

    index: int
    codec: str
    profile: str | None
    pixel_format: str | None
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    variable_frame_rate: bool | None
    frames: int | None
    bit_rate: int | None
    start: Fraction
    duration: Fraction


@dataclass(frozen=True, slots=True)
class AudioStream:
    """What the container says of its sound."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None
    start: Fraction
    duration: Fraction


CredentialState = Literal["absent", "trusted", "untrusted", "invalid", "unreadable", "remote"]
"""Of a C2PA manifest. absent: none in the file. trusted: intact, and its signer is in the trust list. untrusted:
intact, its signer is in no list. invalid: it does not hold, `failures` says why. unreadable: damaged, or its reading
broke off. remote: the file names one elsewhere, which is not fetched."""

DeclaredSource = Literal["c2pa", "c2pa_ingredient", "xmp", "exif", "text", "tags"]
Declared = Literal["generated", "partly_generated"]
TraceKind = Literal["camera", "editor", "encoder", "generator", "re_encoded"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The file's content credentials (C2PA). All texts are data from outside, cleaned and at most 300 characters.

    `signer` is the organisation in the signing certificate, `signer_name` its common name; both are proven only in the
    state "trusted". `failures` are the specification's codes. `trust_list` is the SHA-256 of the trusted roots' file.
    """

    state: CredentialState = "absent"
    signer: str = ""
    signer_name: str = ""
    signed_at: str = ""
    software: str = ""
    title: str = ""
    source_types: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    trust_list: str | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """The file's own statement that AI made it or a part of it: where it stands, by what program, in what words.

    `trusted` only for a statement under a valid signature of the trust list. `generator` is a name of our own list.
    """

    source: DeclaredSource
    declares: Declared
    text: str
    generator: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """A program or camera that left its name: `name` is of our own list, or empty; `text` is as found at `where`."""

    kind: TraceKind
    name: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the file says about where it comes from. Nothing found is unknown, and a sign of nothing."""

    credentials: Credentials = field(default_factory=Credentials)
    declarations: tuple[Declaration, ...] = ()
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A file as received: what it is, byte for byte, and what its container says.

    `origin` is the stream time (seconds) that the media's clock calls zero: media time = pts * time_base - origin.
    `name` is the file's name as given and, like `tags`, data from outside: never a path, HTML or a prompt.
    `provenance` is None where nobody looked for it.
    """

    path: Path
    name: str
    kind: MediaKind
    sha256: str
    size: int
    container: str
    duration: Fraction
    origin: Fraction
    bit_rate: int | None
    video: VideoStream | None
    audio: AudioStream | None
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = None


# --- 2 media ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shard:
    """A stretch of the media, `[start, end)`: the unit of work that one worker does."""

    index: int
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: `image` is RGB uint8 of shape (height, width, 3), upright."""

    time: Fraction
    image: ImageArray


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright frame; it may reach beyond the frame's edges."""

    x: float
    y: float
    width: float
    height: float

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        w = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        h = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        inside = w * h
        return inside / (self.width * self.height + other.width * other.height - inside)


FaceKey = tuple[Fraction, int]
"""Names one face in one sampled frame: the frame's time, and the face's number in that frame (left to right)."""


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """One face in one sampled frame, without its pixels: small enough to keep for every frame of a long video.

    `points` is float32 (5, 2) in frame pixels: the eye at the left of the picture, the eye at its right, the nose tip,
    the mouth corner at the left, the one at the right.
    `descriptor` is float32 (D,), of length one: how the face looks, to tell people apart. `surroundings` is float32
    (S,), of length one: the colours around the face, to tell a cut from a turned head; None where nobody looked.
    `size` is the box's shorter side in pixels, `sharpness` the Laplacian's variance on the aligned crop,
    `brightness` its mean luma 0..255, `yaw` -1 (to the picture's left) to 1, 0 when frontal.
    """

    key: FaceKey
    box: Box
    confidence: float
    points: FloatArray
    descriptor: FloatArray
    size: float
    sharpness: float
    brightness: float
    yaw: float
    surroundings: FloatArray | None = None

    @property
    def time(self) -> Fraction:
        """When, on the media's clock."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class FaceSample:
    """A face with its pixels: `crop` is the aligned RGB uint8 face (side, side, 3).

    `wide` is a crop of the whole face with some of its surroundings, where a detector asked for it.
    """

    observation: FaceObservation
    crop: ImageArray
    wide: ImageArray | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, `[start, end)`."""

    start: Fraction
    end: Fraction

    @property
    def length(self) -> Fraction:
        """Seconds from start to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono sound at `SAMPLE_RATE`: `samples` is float32 (n,) in -1..1, the first of them at `start`."""

    start: Fraction
    samples: FloatArray

    def cut(self, interval: Interval) -> FloatArray:
        """The samples in `interval`, as far as this sound holds them."""
        first = max(0, round((interval.start - self.start) * SAMPLE_RATE))
        last = max(0, round((interval.end - self.start) * SAMPLE_RATE))
        return self.samples[first:last]


@dataclass(frozen=True, slots=True)
class MouthWindow:
    """A mouth while somebody is heard to speak: some seconds of it, 25 a second, and the sound around.

    `face` is the face in the first sampled frame of the window. `crops` is grey uint8 (n, 80, 80), `outlines` float32
    (n, 45, 2) in pixels of the crops, one a tick; `sound` float32 at `SAMPLE_RATE` reaches 0.6 s beyond either end and
    is silent where there is none. Windows of one face overlap and share their arrays.
    """

    face: FaceKey
    start: Fraction
    end: Fraction
    crops: ImageArray
    outlines: FloatArray
    sound: FloatArray


@dataclass(frozen=True, slots=True)
class ShardSamples:
    """All that detectors may look at in one shard.

    `frame_times` are the sampled frames, with or without a face. `sound` reaches beyond the shard's end by the
    longest window of any detector; None when the media has no sound. `speech` are the voiced stretches of `sound`.
    `mouths` start in the shard and are read only where a detector needs lips.
    """

    shard: Shard
    frame_times: tuple[Fraction, ...]
    faces: tuple[FaceSample, ...]
    sound: Sound | None
    speech: tuple[Interval, ...]
    mouths: tuple[MouthWindow, ...] = ()


# --- 3 detect ---------------------------------------------------------------------------------------------------


FIFTH = Fraction(1, 5)
"""Seconds of a row of `Sync.likeness`."""

LEAD = FIFTH
"""Seconds from a window's start to the first row: the network looks so far beyond a moment."""


@dataclass(frozen=True, slots=True)
class Sync:
    """How sound fits lips: it fits best `offset` seconds later (above zero: it is heard too late), and how clearly.

    `confidence` is the likeness at that offset above the median over all offsets, 0 to 2. `likeness` has a row for each
    fifth of a second from `LEAD` after the window's start on: thousandths for every shift of the sound; `levels` says
    how loud it is then, in decibels of full scale.
    """

    offset: float
    confidence: float
    likeness: tuple[tuple[int, ...], ...] = ()
    levels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """One raw score for a stretch of time: a logit, above zero when it looks manipulated; `face` names the face."""

    start: Fraction
    end: Fraction
    logit: float
    face: FaceKey | None = None
    sync: Sync | None = None


@dataclass(frozen=True, slots=True)
class DetectorScores:
    """What one detector found in one shard. `failed` holds the reason when it broke down there.

    `silent` are faces that were looked at while somebody else spoke: they have no score.
    """

    detector: str
    points: tuple[ScorePoint, ...]
    failed: str | None = None
    silent: tuple[FaceKey, ...] = ()


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What is kept of a shard: no pixels and no sound, so that memory does not grow with the video."""

    shard: Shard
    frame_times: tuple[Fraction, ...]
    faces: tuple[FaceObservation, ...]
    speech: tuple[Interval, ...]
    scores: tuple[DetectorScores, ...]


# --- 4 fuse -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Track:
    """One person through the whole media: `subject` is "person-1", "person-2", ... by time on screen."""

    subject: str
    observations: tuple[FaceObservation, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One detector's scores over time about one subject, in the order of time."""

    detector: str
    subject: str
    modality: Modality
    points: tuple[ScorePoint, ...]


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model made a number: `sha256` is that of its weights."""

    name: str
    version: str
    sha256: str
