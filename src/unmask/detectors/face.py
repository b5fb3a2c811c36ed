"""The `face` detector: does a single aligned face look generated, swapped or edited?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from unmask.detectors.base import Needs
from unmask.models.registry import Model
from unmask.types import DetectorScores, Modality, ModelRef, ScorePoint, ShardSamples

SMALLEST = 40.0
"""Shorter side, in pixels, under which a face carries too little to be scored."""


class FaceDetector:
    """One logit per face and sampled frame. `slot` is the time that one sample stands for, in seconds."""

    name = "face"
    modality: Modality = "video"
    needs: Needs = "faces"

    def __init__(self, model: Model, slot: Fraction, smallest: float = SMALLEST) -> None:
        self._model = model
        self._slot = slot
        self._smallest = smallest

    @property
    def model(self) -> ModelRef:
        """The face network."""
        return self._model.ref

    def score(self, samples: ShardSamples) -> DetectorScores:
        """Scores of all faces in the shard that are large enough."""
        from unmask.models.face_net import preprocess

        faces = [face for face in samples.faces if face.observation.size >= self._smallest]
        if not faces:
            return DetectorScores(self.name, ())
        logits = self._model.logits(preprocess(np.stack([face.crop for face in faces])))
        points = tuple(
            ScorePoint(face.observation.time, face.observation.time + self._slot, float(logit), face.observation.key)
            for face, logit in zip(faces, logits, strict=True)
        )
        return DetectorScores(self.name, points)
