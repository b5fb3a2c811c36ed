"""What happens to a talking mouth and its sound on their way, without either moving in time against the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from unmask.media.mouths import OUTLINE, SIDE
from unmask.models.sync_net import VIEW
from unmask.training import audio_augment as world
from unmask.training.image_augment import jpeg
from unmask.types import FloatArray, ImageArray

Draw = np.random.Generator
Film = Callable[[ImageArray], ImageArray]

CODECS = ("mp3", "opus", "amr", "g711", "g722")
"""Those of `audio_augment` that give the sound back where it was: AAC's encoder delay differs by container."""

_PAIRS = (
    *((61, 291), (146, 375), (91, 321), (181, 405), (84, 314), (185, 409), (40, 270), (39, 269), (37, 267)),
    *((78, 308), (95, 324), (88, 318), (178, 402), (87, 317), (191, 415), (80, 310), (81, 311), (82, 312)),
    *((148, 377), (205, 425)),
)
_OTHER_SIDE = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_LUMA = np.round(16 + np.arange(256) * 219 / 255).astype(np.uint8)
_FROM_LUMA = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
"""Grey to the luma of limited range that H.264 keeps, and back."""

MIRRORED = [OUTLINE.index(_OTHER_SIDE.get(point, point)) for point in OUTLINE]
"""Where each point of the outline goes when the picture is mirrored."""


def film(crops: ImageArray, points: FloatArray, draw: Draw) -> tuple[ImageArray, FloatArray]:
    """A run of kept crops (n, 80, 80) and outlines (n, 45, 2) in the network's view (n, 64, 64), changed alike."""
    crops, points = _place(crops, points, draw)
    if draw.random() < 0.2:
        crops, points = _stutter(crops, points, draw)
    for chance, step in (
        (0.8, _light),
        (0.3, _blur),
        (0.4, _small),
        (0.3, _grain),
        (0.4, _compressed),
        (0.15, _covered),
    ):
        if draw.random() < chance:
            crops = step(draw)(crops)
    return crops, points + draw.normal(0, draw.uniform(0, 0.4), points.shape).astype(np.float32)


def heard(sound: FloatArray, babble: FloatArray | None, draw: Draw) -> FloatArray:
    """Sound (n,) after a random chain that does not move it in time; `babble` is somebody else's voice, or None."""
    steps: list[tuple[float, Callable[[FloatArray], FloatArray]]] = [
        (0.2, lambda s: world.room(s, draw)),
        (0.4, lambda s: world.add_noise(s, world.coloured_noise(len(s), draw), float(draw.uniform(3, 35)))),
        (0.1, lambda s: world.add_noise(s, world.music(len(s), draw), float(draw.uniform(5, 25)))),
        (0.3, lambda s: world.equalise(s, draw)),
        (0.2, lambda s: world.random_band(s, draw)),
        (0.05, lambda s: world.random_resample(s, draw)),
        (0.1, lambda s: world.clip_peaks(s, draw)),
        (0.15, lambda s: world.random_codec(np.clip(s, -1, 1), draw, CODECS)),
    ]
    if babble is not None and len(babble) == len(sound) and draw.random() < 0.15:
        sound = world.add_noise(sound, babble, float(draw.uniform(5, 20)))
    for chance, step in steps:
        if draw.random() < chance:
            sound = step(sound)
    return sound


def film_h264(crops: ImageArray, crf: int) -> ImageArray:
    """Grey crops (n, 64, 64) after H.264 as one film of 25 pictures a second, at that constant rate factor."""
    import av

    target = io.BytesIO()
    picture = np.full((crops.shape[1] * 3 // 2, crops.shape[2]), 128, np.uint8)
    with av.open(target, "w", format="mp4") as sink:
        stream: Any = sink.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "superfast"})
        stream.width, stream.height, stream.pix_fmt = crops.shape[2], crops.shape[1], "yuv420p"
        stream.codec_context.thread_count = 1
        for number, crop in enumerate(crops):
            picture[: len(crop)] = _LUMA[crop]
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    target.seek(0)
    with av.open(target, "r") as source:
        source.streams.video[0].thread_count = 1
        return np.stack([_grey(frame) for frame in source.decode(video=0)])


def _grey(frame: Any) -> ImageArray:
    """A decoded picture's luma as grey uint8 (height, width), read as it is: to convert costs more than to decode."""
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    return _FROM_LUMA[luma]


def _place(crops: ImageArray, points: FloatArray, draw: Draw) -> tuple[ImageArray, FloatArray]:
    """Scale, turn, shift, mirror, and a hand that trembles as landmarks do."""
    import cv2

    scale, angle = float(np.exp(draw.normal(0, 0.08))), float(draw.normal(0, 0.08))
    linear = scale * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if draw.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
        points = points[:, MIRRORED]
    middle = (SIDE - 1) / 2
    fixed = (VIEW - 1) / 2 + draw.normal(0, 1.5, 2) - linear @ np.asarray([middle, middle])
    tremble = draw.normal(0, draw.uniform(0, 0.6), (len(crops), 2))
    out = np.empty((len(crops), VIEW, VIEW), np.uint8)
    for i, crop in enumerate(crops):
        matrix = np.concatenate([linear, (fixed + tremble[i])[:, None]], axis=1)
        out[i] = cv2.warpAffine(crop, matrix, (VIEW, VIEW), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out, np.asarray(points @ linear.T + fixed + tremble[:, None], dtype=np.float32)


def _stutter(crops: ImageArray, points: FloatArray, draw: Draw) -> tuple[ImageArray, FloatArray]:
    """Fewer pictures a second: each tick shows the nearest that is left."""
    step = 25 / float(draw.uniform(10, 22))
    kept = np.round(np.arange(draw.uniform(0, step), len(crops) - 0.5, step)).astype(int)
    shown = kept[np.abs(np.arange(len(crops))[:, None] - kept).argmin(axis=1)]
    return crops[shown], points[shown]


def _light(draw: Draw) -> Film:
    gain, gamma = (float(value) for value in np.exp(draw.normal(0, 0.3, 2)))
    offset = float(draw.normal(0, 20))
    ramp = 255 * np.clip((np.arange(256) * gain + offset) / 255, 0, 1) ** gamma
    table = np.clip(ramp, 0, 255).astype(np.uint8)
    return lambda crops: table[crops]


def _blur(draw: Draw) -> Film:
    import cv2

    sigma = float(draw.uniform(0.4, 1.6))
    return lambda crops: _each(crops, lambda crop: np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8))


def _small(draw: Draw) -> Film:
    import cv2

    size = int(np.exp(draw.uniform(np.log(16), np.log(56))))
    down = int(draw.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
    up = int(draw.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))

    def apply(crop: ImageArray) -> ImageArray:
        small = cv2.resize(crop, (size, size), interpolation=down)
        return np.asarray(cv2.resize(small, (VIEW, VIEW), interpolation=up), np.uint8)

    return lambda crops: _each(crops, apply)


def _grain(draw: Draw) -> Film:
    sigma = draw.uniform(1, 10)
    return lambda crops: np.clip(crops + draw.normal(0, sigma, crops.shape), 0, 255).astype(np.uint8)


def _compressed(draw: Draw) -> Film:
    if draw.random() < 0.5:
        crf = int(draw.integers(22, 40))
        return lambda crops: film_h264(crops, crf)
    quality = int(draw.integers(20, 90))
    return lambda crops: _each(crops, lambda crop: jpeg(np.repeat(crop[..., None], 3, axis=-1), quality)[..., 0])


def _covered(draw: Draw) -> Film:
    """A patch that stays where it is: a microphone, a watermark, a hand."""
    height, width = (int(v) for v in draw.integers(8, 28, 2))
    y, x, value = int(draw.integers(0, VIEW - height)), int(draw.integers(0, VIEW - width)), int(draw.integers(0, 256))

    def apply(crops: ImageArray) -> ImageArray:
        crops = crops.copy()
        crops[:, y : y + height, x : x + width] = value
        return crops

    return apply


def _each(crops: Sequence[ImageArray] | ImageArray, step: Callable[[ImageArray], ImageArray]) -> ImageArray:
    return np.stack([step(crop) for crop in crops])
