"""Heat maps of the faces that weigh most: the face as it was seen, the heat over it, and its place in the frame."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from unmask.explain.choose import Moment
from unmask.explain.faithfulness import Faithfulness, blurred, faithfulness
from unmask.explain.heatmap import colours, opacity, overlay, to_frame
from unmask.explain.inputs import FaceTools, Tools
from unmask.explain.regions import areas, region_masks, shares, strongest
from unmask.types import FloatArray, ImageArray, Media

SHOWN_SIDE = 320
"""Pixels along a face as it is shown; the network saw it smaller."""
FRAME_WIDTH = 960
"""Most pixels along the longer side of a whole frame as it is shown."""


@dataclass(frozen=True, slots=True)
class FaceMap:
    """One heat map, drawn: `crop` and `overlay` show the same face, `frame` where it is in the picture.

    A map that fails its check is not drawn: `overlay` is None then, `regions` and `strongest` are empty.
    """

    moment: Moment
    logit: float
    method: str
    faithful: Faithfulness
    regions: dict[str, float]
    areas: dict[str, float]
    strongest: tuple[str, ...]
    crop: bytes
    overlay: bytes | None
    frame: bytes


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face cut from its frame again; `matrix` leads from the small frame to the shown crop."""

    moment: Moment
    crop: ImageArray
    shown: ImageArray
    frame: ImageArray
    matrix: FloatArray


def face_maps(media: Media, chosen: Sequence[Moment], tools: Tools) -> tuple[FaceMap, ...]:
    """A heat map for each moment, in the order given. No moments need no face tools."""
    if not chosen:
        return ()
    if tools.face is None:
        raise ValueError("heat maps need the face tools")
    face = tools.face
    seen = _look_again(media, chosen, tools, face)
    inputs = np.asarray(face.prepare(np.stack([seen[m].crop for m in chosen])), np.float32)
    heats, logits = face.heat(inputs), face.model.logits(inputs)
    made = zip(chosen, inputs, heats, logits, strict=True)
    return tuple(
        _draw(seen[m], heat, float(logit), face, faithfulness(face.score, picture, heat, blurred(picture)))
        for m, picture, heat, logit in made
    )


def _look_again(media: Media, chosen: Sequence[Moment], tools: Tools, face: FaceTools) -> dict[Moment, _Seen]:
    """The chosen faces by moment; every frame is decoded once and let go."""
    wanted: dict[Fraction, list[Moment]] = defaultdict(list)
    for moment in chosen:
        wanted[moment.observation.time].append(moment)
    seen = {}
    for frame in tools.frames_at(media, sorted(wanted)):
        small, scale = _shrunk(frame.image)
        for moment in wanted[frame.time]:
            points = moment.observation.points
            matrix = face.matrix(points, SHOWN_SIDE).astype(np.float32).copy()
            matrix[:, :2] /= scale
            seen[moment] = _Seen(
                moment=moment,
                crop=face.cut(frame.image, points, face.side),
                shown=face.cut(frame.image, points, SHOWN_SIDE),
                frame=small,
                matrix=matrix,
            )
    return seen


def _shrunk(image: ImageArray) -> tuple[ImageArray, float]:
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, FRAME_WIDTH / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _draw(seen: _Seen, heat: FloatArray, logit: float, face: FaceTools, faithful: Faithfulness) -> FaceMap:
    import cv2

    points = seen.moment.observation.points
    matrix = face.matrix(points, face.side)
    masks = region_masks((points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32), face.side)
    shown = heat if faithful.holds else np.zeros_like(heat)
    found, even = shares(shown, masks), areas(masks)
    large = np.asarray(cv2.resize(shown, (SHOWN_SIDE, SHOWN_SIDE), interpolation=cv2.INTER_LINEAR), np.float32)
    return FaceMap(
        moment=seen.moment,
        logit=logit,
        method=face.method.name,
        faithful=faithful,
        regions=found,
        areas=even,
        strongest=strongest(found, even),
        crop=_encoded(seen.shown, "PNG"),
        overlay=_encoded(overlay(seen.shown, large), "PNG") if found else None,
        frame=_encoded(_in_frame(seen.frame, large, seen.matrix), "JPEG"),
    )


def _in_frame(frame: ImageArray, heat: FloatArray, matrix: FloatArray) -> ImageArray:
    """The whole picture with the heat at its place and a line around the part that the network saw."""
    import cv2

    height, width = frame.shape[:2]
    placed = to_frame(heat, matrix, height, width)
    share = opacity(placed)[..., None] * 0.8
    drawn = np.rint(frame * (1 - share) + colours(placed) * share).astype(np.uint8)
    corners = np.array([[0, 0], [SHOWN_SIDE, 0], [SHOWN_SIDE, SHOWN_SIDE], [0, SHOWN_SIDE]], np.float64)
    outline = np.rint((corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2].astype(np.float64)).T).astype(np.int32)
    thick = max(2, max(height, width) // 300)
    drawn = cv2.polylines(drawn, [outline], True, (20, 20, 20), thick + 2, cv2.LINE_AA)
    return np.asarray(cv2.polylines(drawn, [outline], True, (255, 255, 255), thick, cv2.LINE_AA), np.uint8)


def _encoded(image: ImageArray, form: str) -> bytes:
    from PIL import Image

    sink = io.BytesIO()
    options = {"quality": 88, "subsampling": 0} if form == "JPEG" else {"optimize": True}
    Image.fromarray(image).save(sink, form, **options)
    return sink.getvalue()
