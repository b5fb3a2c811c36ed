"""What the explanation is made from: the fused signals, and the tools to look at the media again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from unmask.explain.attribution import Method, attribute, method_of
from unmask.explain.quickcam import quick_activation
from unmask.fusion.calibration import point_probability
from unmask.fusion.segments import segment_threshold
from unmask.models.card import Card
from unmask.models.registry import Model
from unmask.result import Attribution, Label, Segment
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
    """What fusion found, as far as the evidence shows it. Segments come without evidence and regions.

    `attribution` is what the named kinds of evidence add to the verdict; None where there is no verdict.
    """

    label: Label
    tracks: tuple[Track, ...]
    signals: tuple[ScoredSignal, ...]
    segments: tuple[Segment, ...]
    speech: tuple[Interval, ...]
    attribution: Attribution | None = None


@dataclass(frozen=True, slots=True)
class FaceTools:
    """How the face network sees a face.

    `matrix(points, side)` is the transform (2, 3) from frame to crop, `cut(image, points, side)` the crop itself,
    `prepare` turns RGB uint8 crops (n, S, S, 3) into the network's inputs, `side` is S. `method` makes the heat maps,
    and `probability` turns a logit into the probability that is shown for one face.
    """

    model: Model
    method: Method
    side: int
    matrix: Callable[[FloatArray, int], FloatArray]
    cut: Callable[[ImageArray, FloatArray, int], ImageArray]
    prepare: Callable[[ImageArray], Any]
    probability: Callable[[float], float]

    def heat(self, inputs: FloatArray) -> FloatArray:
        """Heat maps (n, S, S) of prepared crops (n, S, S, 3), by the chosen method."""
        quick = quick_activation(self.model, self.method.kind, self.method.layer, inputs) if len(inputs) else None
        return attribute(self.model.network, self.method, inputs) if quick is None else quick

    def score(self, inputs: FloatArray) -> FloatArray:
        """Probabilities (n,) of prepared crops (n, S, S, 3)."""
        return np.array([self.probability(float(logit)) for logit in self.model.logits(inputs)], np.float32)


@dataclass(frozen=True, slots=True)
class VoiceTools:
    """How the voice network hears a window of sound.

    `prepare` turns windows (n, m) into its inputs (n, frames, bands); `seconds` is a window's length, and `top` the
    highest frequency of the bands, in hertz. `probability` turns a logit into the probability of one window.
    """

    model: Model
    seconds: float
    top: float
    prepare: Callable[[FloatArray], FloatArray]
    probability: Callable[[float], float]

    def score(self, inputs: FloatArray) -> FloatArray:
        """Probabilities (n,) of prepared windows."""
        return np.array([self.probability(float(logit)) for logit in self.model.logits(inputs)], np.float32)


@dataclass(frozen=True, slots=True)
class Tools:
    """How the media is looked at again. Tools of a network are None where it scored nothing: it is not loaded then."""

    frames_at: Callable[[Media, Iterable[Fraction]], Iterator[Frame]]
    sound: Callable[[Media, Interval], Sound]
    face: FaceTools | None
    voice: VoiceTools | None = None


def tools(face: Model | None, voice: Model | None = None, folder: Path | None = None) -> Tools:
    """The tools of the package; a model is None where it scored nothing.

    `folder` is that of the models, where the method of the heat maps is recorded; None: the package's own.
    """
    from unmask.media.sources import frames_at

    return Tools(
        frames_at=frames_at,
        sound=_sound,
        face=None if face is None else _face_tools(face, folder),
        voice=None if voice is None else _voice_tools(voice),
    )


def _face_tools(model: Model, folder: Path | None) -> FaceTools:
    from unmask.media.align import SIDE, align, crop_matrix
    from unmask.models.face_net import preprocess
    from unmask.models.registry import HERE

    method = method_of(folder or HERE, model)
    return FaceTools(model, method, SIDE, crop_matrix, align, preprocess, _probability(model))


def _voice_tools(model: Model) -> VoiceTools:
    from unmask.models.voice_net import RATE, WINDOW, features

    return VoiceTools(model, WINDOW / RATE, RATE / 2, features, _probability(model))


def _probability(model: Model) -> Callable[[float], float]:
    calibration = model.card.calibration
    return lambda logit: point_probability(logit, calibration)


def _sound(media: Media, interval: Interval) -> Sound:
    from unmask.media.sources import open_sound

    with open_sound(media) as reader:
        return reader.read(interval)
