"""What the explanation is made from: the fused signals, and the tools to look at the media again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from unmask.fusion.calibration import point_probability
from unmask.fusion.segments import segment_threshold
from unmask.models.card import Card
from unmask.models.registry import Model
from unmask.result import Label, Segment
from unmask.types import FloatArray, Frame, ImageArray, Interval, Media, Signal, Sound, Track


@dataclass(frozen=True, slots=True)
class ScoredSignal:
    """A signal with a probability (0..1) for each of its points, and the probability from which segments are cut."""

    signal: Signal
    probabilities: tuple[float, ...]
    threshold: float

    @classmethod
    def of(cls, signal: Signal, card: Card) -> ScoredSignal:
        """The signal in the terms of its model's calibration."""
        return cls(
            signal,
            tuple(point_probability(point.logit, card.calibration) for point in signal.points),
            point_probability(segment_threshold(card), card.calibration),
        )


@dataclass(frozen=True, slots=True)
class EvidenceInputs:
    """What fusion found, as far as the evidence shows it. Segments come without evidence and regions."""

    label: Label
    tracks: tuple[Track, ...]
    signals: tuple[ScoredSignal, ...]
    segments: tuple[Segment, ...]
    speech: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class FaceTools:
    """How the face network sees a face.

    `matrix(points, side)` is the transform (2, 3) from frame to crop, `cut(image, points, side)` the crop itself,
    `prepare` turns RGB uint8 crops (n, S, S, 3) into the network's inputs, `side` is S, `layer` the one that is mapped.
    """

    model: Model
    layer: str
    side: int
    matrix: Callable[[FloatArray, int], FloatArray]
    cut: Callable[[ImageArray, FloatArray, int], ImageArray]
    prepare: Callable[[ImageArray], Any]


@dataclass(frozen=True, slots=True)
class Tools:
    """How the media is looked at again. `face` is None where no face was scored, so that no network is loaded."""

    frames_at: Callable[[Media, Iterable[Fraction]], Iterator[Frame]]
    sound: Callable[[Media, Interval], Sound]
    face: FaceTools | None


def tools(face: Model | None) -> Tools:
    """The tools of the package; `face` is the face model, None where no face was scored."""
    from unmask.media.video import frames_at

    return Tools(frames_at=frames_at, sound=_sound, face=None if face is None else _face_tools(face))


def _face_tools(model: Model) -> FaceTools:
    from unmask.explain.heatmap import last_spatial_layer
    from unmask.media.align import SIDE, align, crop_matrix
    from unmask.models.face_net import preprocess

    return FaceTools(model, last_spatial_layer(model.network), SIDE, crop_matrix, align, preprocess)


def _sound(media: Media, interval: Interval) -> Sound:
    from unmask.media.audio import SoundReader

    with SoundReader(media) as reader:
        return reader.read(interval)
