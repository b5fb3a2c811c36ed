"""Faces in an annotated film: a frame coloured by the score, its name and number, and the heat where it was found."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from unmask.explain.heatmap import colours, opacity, to_frame
from unmask.explain.words import number
from unmask.language import Language
from unmask.media.align import crop_matrix
from unmask.report.film.panel import font
from unmask.report.film.tracks import Seen
from unmask.types import FloatArray, ImageArray

STOPS = (
    (0.0, (116, 183, 242)),
    (0.4, (150, 175, 200)),
    (0.6, (235, 205, 120)),
    (0.8, (255, 157, 99)),
    (1.0, (232, 72, 40)),
)
"""Colours by probability: blue, grey, yellow, orange, red; they differ in lightness too."""
UNSCORED = (150, 158, 166)
HEAT_SHARE = 0.85
"""Of a map's own opacity: the face must stay visible in motion."""
GREY_SHARE = 0.75
"""How far the colours under a map are taken away: on skin, dark heat looks like a bruise, and light heat like light."""


def colour_of(probability: float | None) -> tuple[int, int, int]:
    """The colour of a score, RGB; grey where there is none."""
    if probability is None:
        return UNSCORED
    places = [place for place, _ in STOPS]
    red, green, blue = (int(np.interp(probability, places, [c[i] for _, c in STOPS])) for i in range(3))
    return red, green, blue


def draw_face(image: ImageArray, seen: Seen, scale: float, language: Language) -> None:
    """Draw into RGB uint8 (H, W, 3); `scale` leads from the coordinates of `seen` to this picture's pixels."""
    import cv2

    if seen.heat is not None:
        _draw_heat(image, seen.heat, seen.points * scale)
    height, width = image.shape[:2]
    x, y, w, h = (float(v) * scale for v in seen.box)
    corner, opposite = (round(x), round(y)), (round(x + w), round(y + h))
    thick = max(2, round(min(width, height) / 240))
    colour = colour_of(seen.probability)
    cv2.rectangle(image, corner, opposite, (0, 0, 0), thick + 2, cv2.LINE_AA)
    cv2.rectangle(image, corner, opposite, colour, thick, cv2.LINE_AA)
    shown = seen.subject if seen.probability is None else f"{seen.subject}  {number(seen.probability, language)}"
    tag = _tag(shown, colour, int(np.clip(min(width, height) / 34, 11, 20)))
    top = corner[1] - tag.shape[0] if corner[1] >= tag.shape[0] else opposite[1]
    left = int(np.clip(corner[0], 0, max(0, width - tag.shape[1])))
    top = int(np.clip(top, 0, max(0, height - tag.shape[0])))
    part = image[top : top + tag.shape[0], left : left + tag.shape[1]]
    part[:] = tag[: part.shape[0], : part.shape[1]]


def _draw_heat(image: ImageArray, heat: FloatArray, points: FloatArray) -> None:
    """Heat at its place, over what is made nearly grey there, in the smallest rectangle that holds it."""
    import cv2

    side = heat.shape[0]
    matrix = crop_matrix(points.astype(np.float32), side).astype(np.float64)
    back = np.linalg.inv(matrix[:, :2])
    corners = (np.array([[0, 0], [side, 0], [side, side], [0, side]]) - matrix[:, 2]) @ back.T
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int), image.shape[1::-1])
    if right <= left or bottom <= top:
        return
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ np.array([left, top])
    size = int(bottom - top), int(right - left)
    placed, inside = (to_frame(one, moved.astype(np.float32), *size) for one in (heat, np.ones_like(heat)))
    share, faded = opacity(placed)[..., None] * HEAT_SHARE, inside[..., None] * GREY_SHARE
    part = image[top:bottom, left:right]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)[..., None]
    below = part * (1 - faded) + grey * faded
    part[:] = np.rint(below * (1 - share) + colours(placed) * share).astype(np.uint8)


@lru_cache(maxsize=256)
def _tag(text: str, colour: tuple[int, int, int], size: int) -> ImageArray:
    """A name and a number on the face's colour."""
    from PIL import Image, ImageDraw

    face = font(size, bold=True)
    box = face.getbbox(text)
    picture = Image.new("RGB", (int(box[2]) + size, round(size * 1.6)), colour)
    ImageDraw.Draw(picture).text((size // 2, round(size * 0.8)), text, font=face, fill=(12, 16, 20), anchor="lm")
    return np.asarray(picture, np.uint8)
