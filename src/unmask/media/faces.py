"""Faces in one frame: found, checked, measured and cut out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from unmask.media.align import SIDE, align
from unmask.media.descriptor import describe
from unmask.media.facemodels import BlazeFace, Detection, FaceMesh
from unmask.types import Box, FaceObservation, FaceSample, FloatArray, ImageArray

MIN_PRESENCE = 0.5
SAME_FACE = 0.4
ROI_SCALE = 1.5
LEFT_EYE, RIGHT_EYE, NOSE, MOUTH = (33, 133), (362, 263), 1, (61, 291)
"""Points of the mesh: corners of the eye at the picture's left and at its right, nose tip, corners of the mouth."""


class FaceFinder:
    """Finds the faces of a frame.

    BlazeFace says where, the mesh confirms it (its presence score rejects false detections) and gives the points.
    The interpreters keep state: one finder per thread.
    """

    def __init__(self, side: int = SIDE) -> None:
        self.side = side
        self._far = BlazeFace("full")
        self._near = BlazeFace("short")
        self._mesh = FaceMesh()

    def find(
        self, image: ImageArray, time: Fraction, max_faces: int = 8, min_face: float = 40.0
    ) -> tuple[FaceSample, ...]:
        """The largest `max_faces` faces of an RGB uint8 image, numbered from left to right.

        Faces whose box has a shorter side under `min_face` pixels are left out.
        """
        meshes = [found for found in self._meshes(image) if min(_box(found[0])[2:]) >= min_face]
        meshes.sort(key=lambda found: -float(np.prod(_box(found[0])[2:])))
        chosen = sorted(meshes[:max_faces], key=lambda found: float(_box(found[0])[0]))
        return tuple(
            self._sample(image, (time, number), mesh, sureness) for number, (mesh, sureness) in enumerate(chosen)
        )

    def landmarks(self, image: ImageArray, where: Box | FloatArray) -> FloatArray:
        """All 468 points, float32 (468, 2) in image pixels, of the face in a box or around five points (5, 2)."""
        if isinstance(where, Box):
            centre = np.asarray([where.x + where.width / 2, where.y + where.height / 2])
            points, _ = self._mesh(image, centre, ROI_SCALE * max(where.width, where.height), 0.0)
        else:
            five = np.asarray(where, dtype=np.float64)
            reach = float(np.linalg.norm(five[3:].mean(axis=0) - five[:2].mean(axis=0)))
            across = five[1] - five[0]
            centre = five.mean(axis=0)
            points, _ = self._mesh(image, centre, 4.2 * reach, float(np.arctan2(across[1], across[0])))
        return self._again(image, points)[0]

    def follow(self, image: ImageArray, mesh: FloatArray) -> tuple[FloatArray, float]:
        """The same face in the next picture: its points (468, 2) in pixels, and how sure it is (0..1) that it is one.

        `mesh` is where it was a moment before; it may move by a fifth of its size. No other face is looked for.
        """
        return self._again(image, mesh)

    def _meshes(self, image: ImageArray) -> list[tuple[FloatArray, float]]:
        """Meshes and their sureness: each face once."""
        for detections in self._tries(image):
            found: list[tuple[FloatArray, float]] = []
            for detection in detections:
                mesh, presence = self._confirm(image, detection)
                if presence >= MIN_PRESENCE:
                    found.append((mesh, presence * detection.score))
            if found:
                return _distinct(found)
        return []

    def _tries(self, image: ImageArray) -> Iterator[list[Detection]]:
        yield self._far(image)
        yield self._near(image)
        yield [moved for x, y, tile in _tiles(image) for moved in (_moved(d, x, y) for d in self._far(tile))]

    def _confirm(self, image: ImageArray, detection: Detection) -> tuple[FloatArray, float]:
        x, y, width, height = detection.box
        across = detection.eyes[1] - detection.eyes[0]
        centre = np.asarray([x + width / 2, y + height / 2])
        side = ROI_SCALE * float(max(width, height))
        points, presence = self._mesh(image, centre, side, float(np.arctan2(across[1], across[0])))
        return self._again(image, points) if presence >= MIN_PRESENCE / 2 else (points, presence)

    def _again(self, image: ImageArray, points: FloatArray) -> tuple[FloatArray, float]:
        """A second look from where the first found the face: points no longer depend on how well the box sat."""
        across = points[RIGHT_EYE[1]] - points[LEFT_EYE[0]]
        angle = float(np.arctan2(across[1], across[0]))
        turn = np.asarray([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        upright = points @ turn.T
        low, high = upright.min(axis=0), upright.max(axis=0)
        return self._mesh(image, turn.T @ ((low + high) / 2), ROI_SCALE * float((high - low).max()), angle)

    def _sample(self, image: ImageArray, key: tuple[Fraction, int], mesh: FloatArray, sureness: float) -> FaceSample:
        points = five_points(mesh)
        crop = align(image, points, self.side)
        x, y, width, height = (float(value) for value in _box(mesh))
        sharpness, brightness = measure(crop)
        observation = FaceObservation(
            key=key,
            box=Box(x, y, width, height),
            confidence=sureness,
            points=points,
            descriptor=describe(crop),
            size=min(width, height),
            sharpness=sharpness,
            brightness=brightness,
            yaw=yaw(points),
        )
        return FaceSample(observation, crop)


def five_points(mesh: FloatArray) -> FloatArray:
    """The five points float32 (5, 2) of a mesh (468, 2): eyes, nose tip, corners of the mouth."""
    eyes = [mesh[list(eye)].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)]
    return np.stack([*eyes, mesh[NOSE], mesh[MOUTH[0]], mesh[MOUTH[1]]]).astype(np.float32)


def yaw(points: FloatArray) -> float:
    """How far the head is turned: -1 (to the picture's left) to 1, from where the nose lies between the eyes."""
    across = points[1] - points[0]
    length = float(np.linalg.norm(across))
    if length < 1e-6:
        return 0.0
    share = float((points[2] - points[0]) @ across) / length**2
    return float(np.clip(2 * share - 1, -1, 1))


def measure(crop: ImageArray) -> tuple[float, float]:
    """Sharpness (variance of the Laplacian) and brightness (mean luma, 0..255) of an aligned crop."""
    import cv2

    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(luma, cv2.CV_32F).var()), float(luma.mean())


def _box(mesh: FloatArray) -> FloatArray:
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    return np.concatenate([low, high - low])


def _distinct(found: list[tuple[FloatArray, float]]) -> list[tuple[FloatArray, float]]:
    kept: list[tuple[Box, tuple[FloatArray, float]]] = []
    for one in sorted(found, key=lambda item: -item[1]):
        box = Box(*(float(value) for value in _box(one[0])))
        if all(box.iou(other) < SAME_FACE for other, _ in kept):
            kept.append((box, one))
    return [one for _, one in kept]


def _tiles(image: ImageArray) -> Iterator[tuple[int, int, ImageArray]]:
    """Three overlapping squares along the longer side (or nine in a square picture's middle) for small faces."""
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * (1.0 if max(height, width) > 1.2 * min(height, width) else 0.6)))
    for y in sorted({0, (height - side) // 2, height - side}):
        for x in sorted({0, (width - side) // 2, width - side}):
            yield x, y, image[y : y + side, x : x + side]


def _moved(detection: Detection, x: int, y: int) -> Detection:
    shift = np.asarray([x, y], dtype=np.float32)
    box = np.concatenate([detection.box[:2] + shift, detection.box[2:]]).astype(np.float32)
    return Detection(box, (detection.eyes + shift).astype(np.float32), detection.score)
