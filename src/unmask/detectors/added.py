"""Detectors around models that others published: they see the same faces and the same speech as ours.

Their scores are logits of the network's own answer, above zero for a manipulation; nothing of ours calibrates them.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from unmask.detectors.base import Detector, Needs
from unmask.detectors.voice import needed, speech_in, windows
from unmask.models.added import AddedModel
from unmask.types import DetectorScores, Modality, ModelRef, ScorePoint, ShardSamples

HOP = Fraction(2)
"""Seconds from one window of speech to the next. Ours take every second; AASIST costs ten times as much a window."""


class AddedFaceDetector:
    """MesoNet: one logit per face and sampled frame, of the wide crop. One sample stands for `slot` seconds."""

    modality: Modality = "video"
    needs: Needs = "faces"

    def __init__(self, model: AddedModel, slot: Fraction, smallest: float) -> None:
        self.name = model.card.detector
        self._model = model
        self._slot = slot
        self._smallest = smallest

    @property
    def model(self) -> ModelRef:
        """The added network."""
        return self._model.ref

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Scores of all faces in the shard that are large enough. Raises ValueError where no wide crop was kept."""
        from unmask.models.meso_net import preprocess

        faces = [face for face in samples.faces if face.observation.size >= self._smallest]
        crops = [face.wide for face in faces if face.wide is not None]
        if len(crops) != len(faces):
            raise ValueError("the setting wide_faces is off, and this detector needs wide crops")
        if not faces:
            return DetectorScores(self.name, ())
        logits = self._model.logits(preprocess(np.stack(crops)))
        points = tuple(
            ScorePoint(face.observation.time, face.observation.time + self._slot, float(logit), face.observation.key)
            for face, logit in zip(faces, logits, strict=True)
        )
        return DetectorScores(self.name, points)


class AddedVoiceDetector:
    """AASIST: one logit per window of four seconds that holds enough speech, as in `voice`, every other second.

    The window is repeated from its start to the 64,600 samples that the network was trained on, as its authors do with
    shorter sound. Neither level nor bandwidth is changed.
    """

    modality: Modality = "audio"
    needs: Needs = "speech"

    def __init__(self, model: AddedModel) -> None:
        self.name = model.card.detector
        self._model = model

    @property
    def model(self) -> ModelRef:
        """The added network."""
        return self._model.ref

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Scores of the windows that start in the shard."""
        from unmask.models.aasist_net import fit

        spoken = [w for w in windows(samples, HOP) if speech_in(w, samples.speech) >= needed(w)]
        if not spoken or samples.sound is None:
            return DetectorScores(self.name, ())
        logits = self._model.logits(np.stack([fit(samples.sound.cut(window)) for window in spoken]))
        points = tuple(ScorePoint(w.start, w.end, float(v)) for w, v in zip(spoken, logits, strict=True))
        return DetectorScores(self.name, points)


def added_detector(model: AddedModel, slot: Fraction, smallest: float) -> Detector:
    """The detector that an added model belongs in."""
    if model.card.form.looks == "face":
        return AddedFaceDetector(model, slot, smallest)
    return AddedVoiceDetector(model)
