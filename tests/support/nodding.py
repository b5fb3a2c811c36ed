"""Heads over time, drawn instead of followed: a textured face that nods before a still wall. For tests only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from unmask.media.align import TEMPLATE
from unmask.media.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE
from unmask.media.heads import CENTRE, REACH, SIDE, Head
from unmask.training.manifest import Row
from unmask.training.motion_data import Clip


def mesh() -> np.ndarray:
    """Points float32 (468, 2) on an oval around the middle, the five that align a face where they belong."""
    draw = np.random.default_rng(0)
    angle, reach = draw.uniform(0, 2 * np.pi, 468), np.sqrt(draw.random(468))
    points = np.stack([64 + 27 * reach * np.cos(angle), 66 + 34 * reach * np.sin(angle)], axis=1)
    five = (TEMPLATE - (np.asarray(CENTRE) - REACH / 2)) * (SIDE / REACH) - 0.5
    for place, index in zip((five[0], five[0], five[1], five[1], *five[2:]), (*LEFT_EYE, *RIGHT_EYE, NOSE, *MOUTH)):  # noqa: B905
        points[index] = place
    return points.astype(np.float32)


def texture(seed: int) -> np.ndarray:
    """Grey float (SIDE, SIDE) with spots of some pixels."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)), 2)
    return 128 + 40 * noise / noise.std()


def head(n: int = 24, seed: int = 0, *, nod: float = 3.0, grain: float = 2.0) -> Head:
    """A face that goes up and down by `nod` pixels over a wall that stands still, with the noise of a camera."""
    draw = np.random.default_rng(seed)
    wall, face = texture(2 * seed), texture(2 * seed + 1)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    moves = np.round(nod * np.sin(np.arange(n) / 2)).astype(int)
    crops = np.empty((n, SIDE, SIDE), np.uint8)
    for i, down in enumerate(moves):
        inside = ((columns - 64) / 30) ** 2 + ((rows - 66 - down) / 38) ** 2 < 1
        shown = np.where(inside, np.roll(face, down, axis=0), wall) + draw.normal(0, grain, (SIDE, SIDE))
        crops[i] = np.clip(shown, 0, 255)
    meshes = np.stack([mesh() + np.asarray([0, down], np.float32) for down in moves])
    return Head(crops, meshes, 80.0)


def clip(
    name: str, *, fake: bool = False, source: str = "made", method: str = "m", split: str = "train", seed: int = 0
):
    """A clip of a drawn head; a fake one does not nod and has no noise."""
    row = Row(
        Path(f"/nowhere/{name}.mp4"),
        "video",
        "fake" if fake else "real",
        method if fake else "",
        person=name,
        source=source,
        split=split,
    )
    return Clip(row, head(seed=seed, nod=0 if fake else 3, grain=0 if fake else 2))
