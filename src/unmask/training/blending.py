"""Self-blended faces: fakes made from one real face, so that blending itself is learned and no generator's look.

Follows Shiohara and Yamasaki, "Detecting deepfakes with self-blended images" (CVPR 2022): two slightly different
versions of one face are blended by a deformed mask. Beside it, faces of two people blended after their colours were
matched (Li et al., "Face X-ray", CVPR 2020).
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from unmask.training.image_augment import jpeg
from unmask.types import FloatArray, ImageArray

Rng = np.random.Generator
OVAL: tuple[int, ...] = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152)
OVAL += (148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
INNER: tuple[int, ...] = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 33, 263, 129, 358, 61, 291, 17, 18, 200)
LOWER: tuple[int, ...] = (
    234,
    93,
    132,
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    361,
    323,
    454,
    2,
)
MOUTH: tuple[int, ...] = (61, 291, 0, 17, 164, 18, 200, 205, 425, 43, 273, 106, 335)
REGIONS: tuple[tuple[tuple[int, ...], float], ...] = ((OVAL, 0.38), (INNER, 0.16), (LOWER, 0.26), (MOUTH, 0.2))
"""Mesh points whose hull is replaced, and how often: all of the face, its features, its lower half, the mouth."""
BOXED = 0.5
"""How often the lower half is replaced as a box around it: lip-sync programs paste rectangles (Prajwal et al. 2020)."""

SEEN = 3
"""Levels (of 255) by which a pixel must differ to count as altered."""


def self_blend(face: ImageArray, mesh: FloatArray, rng: Rng) -> tuple[ImageArray, ImageArray]:
    """(blended, untouched): two pictures like `face` (h, w, 3), alike but for the blend.

    `mesh` (468, 2) are the face's points in its pixels. One of source and target is changed in colour and sharpness,
    the target serving as the untouched picture.
    """
    if rng.random() < 0.5:
        source, target = _varied(face, rng), face
    else:
        source, target = face, _varied(face, rng)
    mask = region_mask(face.shape[:2], mesh, rng)
    source, mask = _moved(source, mask, rng)
    return _blend(source, target, _softened(mask, rng), rng), target


def altered(blended: ImageArray, untouched: ImageArray) -> NDArray[np.bool_]:
    """Where a blend (h, w, 3) differs from the untouched picture: bool (h, w), gaps of flat colour inside it closed."""
    import cv2

    moved = np.abs(blended.astype(np.int16) - untouched).max(axis=-1) >= SEEN
    size = max(3, blended.shape[1] // 16) | 1  # odd: the element needs a middle
    closing = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(moved.astype(np.uint8), cv2.MORPH_CLOSE, closing) > 0)


def swap_blend(
    face: ImageArray, mesh: FloatArray, other: ImageArray, other_mesh: FloatArray, rng: Rng
) -> tuple[ImageArray, ImageArray]:
    """(blended, untouched): the face of `other` laid on `face`, its colours matched to it."""
    import cv2

    height, width = face.shape[:2]
    design = np.concatenate([other_mesh, np.ones((len(other_mesh), 1))], axis=1)
    affine = np.linalg.lstsq(design, mesh.astype(np.float64), rcond=None)[0].T
    source = cv2.warpAffine(other, affine, (width, height), borderMode=cv2.BORDER_REFLECT)
    mask = region_mask((height, width), mesh, rng)
    source = _matched(cast(ImageArray, source), face, mask > 0.5)
    return _blend(source, face, _softened(mask, rng), rng), face


def region_mask(shape: tuple[int, int], mesh: FloatArray, rng: Rng) -> FloatArray:
    """Mask float32 (h, w) in 0..1: the hull of a randomly chosen region, deformed at random."""
    import cv2

    regions, shares = zip(*REGIONS, strict=True)
    region = regions[int(rng.choice(len(regions), p=shares))]
    points = mesh[list(region)].astype(np.float32)
    if region is LOWER and rng.random() < BOXED:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        points = np.asarray([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    hull = cv2.convexHull(points)
    mask = np.zeros(shape, np.float32)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1.0)
    return _bent(mask, rng)


def _bent(mask: FloatArray, rng: Rng) -> FloatArray:
    """The mask after a smooth random displacement of up to 5 % of its side."""
    import cv2

    height, width = mask.shape
    coarse = rng.normal(size=(4, 4, 2)).astype(np.float32) * 0.025 * width * rng.random()
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cast(FloatArray, cv2.remap(mask, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR))


def _moved(source: ImageArray, mask: FloatArray, rng: Rng) -> tuple[ImageArray, FloatArray]:
    """Source and mask, shifted by up to 3 % and scaled by up to 5 %: landmarks of two frames never agree."""
    import cv2

    height, width = mask.shape
    scale = rng.uniform(0.95, 1.05)
    shift = rng.uniform(-0.03, 0.03, 2) * width
    centre = (1 - scale) * np.asarray([width, height]) / 2
    matrix = np.asarray([[scale, 0, centre[0] + shift[0]], [0, scale, centre[1] + shift[1]]])
    moved = cv2.warpAffine(source, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return cast(ImageArray, moved), cast(FloatArray, cv2.warpAffine(mask, matrix, (width, height)))


def _softened(mask: FloatArray, rng: Rng) -> FloatArray:
    """The mask with a soft edge of random width, shrunk or grown a little, times a blending ratio."""
    import cv2

    width = mask.shape[1]
    first = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.005, 0.04) * width)
    cut = (first > rng.uniform(0.2, 0.8)).astype(np.float32)
    soft = cv2.GaussianBlur(cut, (0, 0), rng.uniform(0.003, 0.035) * width)
    ratio = float(rng.choice([0.35, 0.5, 0.75, 1.0, 1.0, 1.0]))
    return cast(FloatArray, soft * ratio)


def _blend(source: ImageArray, target: ImageArray, mask: FloatArray, rng: Rng) -> ImageArray:
    """Source over target; seldom seamless cloning (Poisson), as face-swapping programs do."""
    import cv2

    if rng.random() < 0.1 and mask.max() > 0.9:
        inside = (mask > 0.5).astype(np.uint8)
        inside[[0, -1]] = 0
        inside[:, [0, -1]] = 0
        x, y, w, h = cv2.boundingRect(inside)
        if w > 8 and h > 8:
            return cast(
                ImageArray, cv2.seamlessClone(source, target, inside * 255, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)
            )
    weight = mask[..., None]
    return (weight * source + (1 - weight) * target + 0.5).astype(np.uint8)


def _varied(face: ImageArray, rng: Rng) -> ImageArray:
    """Another version of the face: colour moved, then made a little sharper or coarser."""
    import cv2

    out = face.astype(np.float32) + rng.uniform(-20, 20, 3).astype(np.float32) * (rng.random() < 0.7)
    out = np.clip((out - 128) * rng.uniform(0.88, 1.12) + 128 + rng.uniform(-20, 20), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        hsv = cv2.cvtColor(out, cv2.COLOR_RGB2HSV).astype(np.float32)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(-6, 6)) % 180
        hsv[..., 1:] = np.clip(hsv[..., 1:] * rng.uniform(0.75, 1.3, 2), 0, 255)
        out = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    return _refocused(cast(ImageArray, out), rng)


def _refocused(face: ImageArray, rng: Rng) -> ImageArray:
    import cv2

    height, width = face.shape[:2]
    choice = rng.random()
    if choice < 0.55:
        factor = rng.uniform(1.3, 4.0)
        how = int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
        small = cv2.resize(face, (round(width / factor), round(height / factor)), interpolation=how)
        return cast(ImageArray, cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    if choice < 0.8:
        soft = cv2.GaussianBlur(face, (0, 0), rng.uniform(0.8, 2.0))
        gain = rng.uniform(0.3, 1.2)
        return cast(ImageArray, cv2.addWeighted(face, 1 + gain, soft, -gain, 0))
    if choice < 0.9:
        return jpeg(face, int(rng.integers(25, 80)))
    return face


def _matched(source: ImageArray, target: ImageArray, inside: NDArray[np.bool_]) -> ImageArray:
    """Source with the mean and spread of the target's colours inside the mask (Reinhard et al. 2001, in Lab)."""
    import cv2

    if inside.sum() < 16:
        return source
    a = cv2.cvtColor(source, cv2.COLOR_RGB2LAB).astype(np.float32)
    b = cv2.cvtColor(target, cv2.COLOR_RGB2LAB).astype(np.float32)
    spread = np.clip(b[inside].std(axis=0) / (a[inside].std(axis=0) + 1e-3), 0.5, 2.0)
    out = (a - a[inside].mean(axis=0)) * spread + b[inside].mean(axis=0)
    return cast(ImageArray, cv2.cvtColor(np.clip(out, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB))
