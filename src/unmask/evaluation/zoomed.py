"""A face detector that gets its crops enlarged or with more margin: does it judge the face, or how it was cut out?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from unmask.detectors.base import Detector, Needs
from unmask.types import DetectorScores, ImageArray, Modality, ModelRef, ShardSamples


@dataclass(frozen=True, slots=True)
class Zoomed:
    """A detector with every face crop magnified about its middle by `factor`, the edge repeated below 1."""

    inner: Detector
    factor: float

    @property
    def name(self) -> str:
        """As the detector itself."""
        return self.inner.name

    @property
    def modality(self) -> Modality:
        """As the detector itself."""
        return self.inner.modality

    @property
    def needs(self) -> Needs:
        """As the detector itself."""
        return self.inner.needs

    @property
    def model(self) -> ModelRef:
        """As the detector itself."""
        return self.inner.model

    def score(self, samples: ShardSamples) -> DetectorScores:
        """The detector's scores of the magnified crops."""
        faces = tuple(replace(face, crop=zoomed(face.crop, self.factor)) for face in samples.faces)
        return self.inner.score(replace(samples, faces=faces))


def zoomed(crop: ImageArray, factor: float) -> ImageArray:
    """The crop (side, side, 3) magnified about its middle; the size stays."""
    import cv2

    height, width = crop.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0.0, factor)
    turned = cv2.warpAffine(crop, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cast(ImageArray, turned)
