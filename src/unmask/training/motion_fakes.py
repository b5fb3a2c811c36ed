"""Made heads out of real ones: the same person, camera and place, so that nothing but the way it moves differs.

Each stands for what generators do: one photograph animated by points, as talking heads are; a replaced inner face that
trembles on the head, as swapped faces do; a head that stands still or goes to and fro while the mouth talks; skin that
sticks to the points; and a face whose noise was averaged away over time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.media.heads import Head
from unmask.training.blending import LOWER, OVAL, region_mask
from unmask.types import FloatArray, ImageArray

Draw = np.random.Generator
Fake = Callable[[Head, FloatArray, Draw], Head]

POINTS = tuple(range(0, 468, 6))
"""Points of the mesh that carry a warp."""
GRID = 17
"""Places along a side where a warp is computed; between them it is interpolated."""


def make_fake(head: Head, other: FloatArray, draw: Draw) -> Head:
    """A made copy of `head`; `other` are the meshes (n, 468, 2) of another head of as many pictures."""
    makers, shares = zip(*MAKERS, strict=True)
    maker: Fake = makers[int(draw.choice(len(makers), p=shares))]
    return maker(head, other, draw)


def animated(head: Head, other: FloatArray, draw: Draw) -> Head:
    """One picture of the run, warped by the run's own points or by those of somebody else."""
    photo = int(draw.integers(len(head)))
    driver = head.meshes - head.meshes[photo]
    if draw.random() < 0.5:
        ratio = float(np.ptp(head.meshes[photo], axis=0).mean() / max(np.ptp(other[0], axis=0).mean(), 1.0))
        driver = (other - other[int(draw.integers(len(other)))]) * ratio
    driver = _smooth(driver, draw.uniform(0.01, 1.5)) * draw.uniform(0.6, 1.2)
    meshes = (head.meshes[photo] + driver).astype(np.float32)
    with_head = draw.random() < 0.5
    crops = np.stack([warped(head.crops[photo], head.meshes[photo], mesh, with_head) for mesh in meshes])
    if draw.random() < 0.4:
        crops += draw.normal(0, draw.uniform(0.5, 3), crops.shape).astype(np.float32)
    return Head(_clipped(crops), (meshes + _tremble(head.meshes, draw)).astype(np.float32), head.size)


def unsteady(head: Head, _: FloatArray, draw: Draw) -> Head:
    """The inner face replaced by a copy that is a little off, each time in another way."""
    import cv2

    n, side = len(head), head.crops.shape[1]
    offset, memory = draw.normal(0, 1, 5), draw.choice([0.0, 0.0, 0.5, 0.9])
    wander = _wander(n, 5, float(memory), draw)
    spread = np.asarray([0.8, 0.8, 0.012, 0.02, 4.0]) * np.exp(draw.normal(-0.3, 0.6))
    dx, dy, scale, gain, lift = (0.7 * offset * spread + wander * spread).T
    blur = np.abs(draw.uniform(0, 1.2) + draw.normal(0, 0.3, n) * (draw.random() < 0.5))
    seed = int(draw.integers(2**32))
    soft = float(draw.uniform(1, 5))
    crops = np.empty_like(head.crops)
    for i, (crop, mesh) in enumerate(zip(head.crops, head.meshes, strict=True)):
        centre = mesh.mean(axis=0)
        factor = 1 + scale[i]
        matrix = np.asarray(
            [[factor, 0, (1 - factor) * centre[0] + dx[i]], [0, factor, (1 - factor) * centre[1] + dy[i]]]
        )
        inner = cv2.warpAffine(crop, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if blur[i] > 0.2:
            inner = cv2.GaussianBlur(inner, (0, 0), float(blur[i]))
        level = float(inner.mean())
        inner = (inner.astype(np.float32) - level) * (1 + gain[i]) + level + lift[i]
        mask = cv2.GaussianBlur(region_mask((side, side), mesh, np.random.default_rng(seed)), (0, 0), soft)
        crops[i] = _clipped(crop + mask * (inner - crop))
    return Head(crops, head.meshes, head.size)


def stopped(head: Head, _: FloatArray, draw: Draw) -> Head:
    """A head that stands still, or goes to and fro over a few pictures, while its lower face goes on talking."""
    n = len(head)
    length = int(draw.choice([1, 1, 4, 7]))
    first = int(draw.integers(0, n - length + 1))
    steps = np.arange(n) % max(1, 2 * (length - 1))
    base = first + np.minimum(steps, np.abs(2 * (length - 1) - steps))
    seed, soft = int(draw.integers(2**32)), float(draw.uniform(1.5, 4))
    crops = np.stack(
        [
            _laid(
                head.crops[b],
                warped(head.crops[i], head.meshes[i], head.meshes[b], True),
                _hull(head.crops.shape[1], head.meshes[b], LOWER, soft, seed),
            )
            for i, b in enumerate(base)
        ]
    )
    return Head(crops, (head.meshes[base] + _tremble(head.meshes, draw)).astype(np.float32), head.size)


def stuck(head: Head, _: FloatArray, draw: Draw) -> Head:
    """Skin of one picture on the face of all of them: what is fine sticks to the points, shadows stay."""
    import cv2

    photo, sigma = int(draw.integers(len(head))), float(draw.uniform(1.2, 3))
    source = head.crops[photo].astype(np.float32)
    fine = source - cv2.GaussianBlur(source, (0, 0), sigma)
    seed, soft = int(draw.integers(2**32)), float(draw.uniform(1.5, 4))
    crops = np.empty_like(head.crops)
    for i, (crop, mesh) in enumerate(zip(head.crops, head.meshes, strict=True)):
        floats = crop.astype(np.float32)
        made = cv2.GaussianBlur(floats, (0, 0), sigma) + warped(fine, head.meshes[photo], mesh, True)
        crops[i] = _laid(crop, made, _hull(crop.shape[0], mesh, OVAL, soft, seed))
    return Head(crops, head.meshes, head.size)


def averaged(head: Head, _: FloatArray, draw: Draw) -> Head:
    """A face without noise of its own: the mean of its neighbours in time, each brought to where it is now."""
    n, reach = len(head), int(draw.integers(1, 4))
    seed, soft = int(draw.integers(2**32)), float(draw.uniform(1.5, 4))
    crops = np.empty_like(head.crops)
    for i, mesh in enumerate(head.meshes):
        near = range(max(0, i - reach), min(n, i + reach + 1))
        made = np.mean([warped(head.crops[j], head.meshes[j], mesh, True) for j in near], axis=0)
        crops[i] = _laid(head.crops[i], made, _hull(made.shape[0], mesh, OVAL, soft, seed))
    return Head(crops, head.meshes, head.size)


MAKERS: tuple[tuple[Fake, float], ...] = (
    (animated, 0.4),
    (unsteady, 0.3),
    (stopped, 0.1),
    (stuck, 0.1),
    (averaged, 0.1),
)
"""What makes a fake, and how often."""


def warped(crop: ImageArray | FloatArray, source: FloatArray, target: FloatArray, with_head: bool) -> FloatArray:
    """The picture (s, s) with the points `source` (468, 2) brought to `target`, float32.

    What lies around moves along as a whole (`with_head`), or less the farther it is from the face.
    """
    import cv2

    side = crop.shape[0]
    ticks = np.linspace(0, side - 1, GRID)
    places = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    start, end = source[list(POINTS)].astype(np.float64), target[list(POINTS)].astype(np.float64)
    if with_head:
        design = np.concatenate([end, np.ones((len(end), 1))], axis=1)
        affine = np.linalg.lstsq(design, start, rcond=None)[0]
        base = np.concatenate([places, np.ones((len(places), 1))], axis=1) @ affine
        rest = start - design @ affine
    else:
        base, rest = places, start - end
    weights = np.exp(-((places[:, None] - end) ** 2).sum(axis=-1) / (2 * (0.05 * side) ** 2))
    moved = base + (weights @ rest) / (weights.sum(axis=1, keepdims=True) + 0.5)
    coarse = moved.reshape(GRID, GRID, 2).astype(np.float32)
    field = _spread(coarse, side)
    return np.asarray(
        cv2.remap(
            np.asarray(crop, np.float32),
            field[..., 0],
            field[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def _spread(coarse: FloatArray, side: int) -> FloatArray:
    """Values on the grid, whose corners are the picture's, at every pixel."""
    import cv2

    ticks = np.linspace(0, GRID - 1, side, dtype=np.float32)
    columns, rows = np.meshgrid(ticks, ticks)
    return np.asarray(cv2.remap(coarse, columns, rows, cv2.INTER_LINEAR))


def _hull(side: int, mesh: FloatArray, points: tuple[int, ...], soft: float, seed: int) -> FloatArray:
    """Soft mask (s, s) of the hull of those points, grown or shrunk a little by what the seed says."""
    import cv2

    corners = mesh[list(points)]
    centre = corners.mean(axis=0)
    factor = np.random.default_rng(seed).uniform(0.85, 1.05)
    mask = np.zeros((side, side), np.float32)
    hull = cv2.convexHull(((corners - centre) * factor + centre).astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft))


def _laid(below: ImageArray, above: FloatArray, mask: FloatArray) -> ImageArray:
    return _clipped(below + mask * (above - below))


def _clipped(values: NDArray[Any]) -> ImageArray:
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def _smooth(track: FloatArray, sigma: float) -> FloatArray:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(track, sigma, axis=0, mode="nearest"))


def _tremble(meshes: FloatArray, draw: Draw) -> FloatArray:
    """How found points tremble, in another order: a made face's points are found as badly as a real one's."""
    rest = meshes - _smooth(meshes, 1.0)
    return np.asarray(rest[draw.permutation(len(rest))], np.float32)


def _wander(n: int, width: int, memory: float, draw: Draw) -> FloatArray:
    """Random walks (n, width) of unit spread that keep the share `memory` from step to step."""
    steps = draw.normal(0, 1, (n, width)).astype(np.float32)
    for i in range(1, n):
        steps[i] = memory * steps[i - 1] + np.sqrt(1 - memory**2) * steps[i]
    return steps
