"""What happens to a filmed head on its way, the same for real and made ones, or it would be learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unmask.media.heads import Head
from unmask.training.image_augment import jpeg
from unmask.training.sync_augment import film_h264
from unmask.types import FloatArray, ImageArray

Draw = np.random.Generator
Film = Callable[[ImageArray], ImageArray]


def recipe(draw: Draw, strength: float = 1.0) -> Callable[[Head], Head]:
    """A random chain of changes; applied to several heads of as many pictures it does the same to each.

    `strength` (0..1) scales how often light to compression come about.
    """
    seed = int(draw.integers(2**63))
    return lambda head: _changed(head, np.random.default_rng(seed), strength)


def _changed(head: Head, draw: Draw, strength: float) -> Head:
    if draw.random() < 0.7:
        head = _placed(head, draw)
    if draw.random() < 0.3:
        head = _stuttered(head, draw)
    crops = head.crops
    for chance, step in (
        (0.5, _light),
        (0.15, _exposure),
        (0.3, _blur),
        (0.4, _small),
        (0.3, _grain),
        (0.6, _compressed),
        (0.15, _covered),
    ):
        # both are drawn whatever happens: a pair must stay together to the end of the chain
        happens, own = draw.random() < chance * strength, np.random.default_rng(int(draw.integers(2**63)))
        if happens:
            crops = step(own)(crops)
    return Head(crops, head.meshes, head.size)


def _placed(head: Head, draw: Draw) -> Head:
    """Scale, turn, shift, mirror; and sometimes a camera that is held by hand, or moves."""
    import cv2

    n, side = head.crops.shape[:2]
    scale, angle = float(np.exp(draw.normal(0, 0.06))), float(draw.normal(0, 0.06))
    linear = scale * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if draw.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
    middle = np.asarray([(side - 1) / 2] * 2)
    path = _smooth_path(n, draw) * draw.uniform(0.3, 3) if draw.random() < 0.3 else np.zeros((n, 2), np.float32)
    shifts = middle + draw.normal(0, 0.015, 2) * side - linear @ middle + path
    crops = np.empty_like(head.crops)
    for i, crop in enumerate(head.crops):
        matrix = np.concatenate([linear, shifts[i][:, None]], axis=1)
        crops[i] = cv2.warpAffine(crop, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Head(crops, (head.meshes @ linear.T + shifts[:, None]).astype(np.float32), head.size)


def _smooth_path(n: int, draw: Draw) -> FloatArray:
    from scipy.ndimage import gaussian_filter1d

    steps = gaussian_filter1d(draw.normal(0, 1, (n, 2)), draw.uniform(0.5, 4), axis=0, mode="nearest")
    return np.asarray((steps - steps.mean(axis=0)) / (steps.std() + 1e-6))


def _stuttered(head: Head, draw: Draw) -> Head:
    """Fewer pictures a second: each shows the nearest that is left."""
    n = len(head)
    step = 12.5 / float(draw.uniform(6, 12))
    kept = np.round(np.arange(draw.uniform(0, step), n - 0.5, step)).astype(int)
    shown = kept[np.abs(np.arange(n)[:, None] - kept).argmin(axis=1)]
    return Head(head.crops[shown], head.meshes[shown], head.size)


def _light(draw: Draw) -> Film:
    """Gain, gamma and level, the same in all pictures."""
    gain, gamma = (float(value) for value in np.exp(draw.normal(0, 0.25, 2)))
    level = np.arange(256) * gain + float(draw.normal(0, 15))
    table = np.clip(255 * np.clip(level / 255, 0, 1) ** gamma, 0, 255).astype(np.uint8)
    return lambda crops: table[crops]


def _blur(draw: Draw) -> Film:
    """A lens out of focus, the same in all pictures."""
    import cv2

    sigma = float(draw.uniform(0.4, 1.6))
    return lambda crops: np.stack([np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8) for crop in crops])


def _grain(draw: Draw) -> Film:
    """A sensor's noise, another one in every picture."""
    sigma = float(draw.uniform(1, 10))
    return lambda crops: np.clip(crops + draw.normal(0, sigma, crops.shape), 0, 255).astype(np.uint8)


def _exposure(draw: Draw) -> Film:
    """A camera or a lamp that does not keep its level: all of the picture, a little each time."""
    spread, memory = draw.uniform(0.3, 4), draw.choice([0.0, 0.8])

    def apply(crops: ImageArray) -> ImageArray:
        level = draw.normal(0, spread, len(crops))
        for i in range(1, len(level)):
            level[i] += memory * level[i - 1]
        return np.clip(crops + level[:, None, None], 0, 255).astype(np.uint8)

    return apply


def _small(draw: Draw) -> Film:
    import cv2

    size = int(np.exp(draw.uniform(np.log(40), np.log(116))))
    down: Any = int(draw.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
    up: Any = int(draw.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))

    def apply(crops: ImageArray) -> ImageArray:
        side = crops.shape[1:][::-1]
        small = [cv2.resize(crop, (size, size), interpolation=down) for crop in crops]
        return np.stack([np.asarray(cv2.resize(crop, side, interpolation=up), np.uint8) for crop in small])

    return apply


def _compressed(draw: Draw) -> Film:
    if draw.random() < 0.75:
        crf = int(draw.integers(18, 38))
        return lambda crops: film_h264(crops, crf)
    quality = int(draw.integers(30, 92))
    return lambda crops: np.stack([jpeg(np.repeat(crop[..., None], 3, axis=-1), quality)[..., 0] for crop in crops])


def _covered(draw: Draw) -> Film:
    """A patch that stays where it is: a watermark, a caption, a microphone."""

    def apply(crops: ImageArray) -> ImageArray:
        side = crops.shape[1]
        height, width = (int(v) for v in draw.integers(side // 8, side // 3, 2))
        y, x = int(draw.integers(0, side - height)), int(draw.integers(0, side - width))
        covered = crops.copy()
        covered[:, y : y + height, x : x + width] = int(draw.integers(0, 256))
        return covered

    return apply
