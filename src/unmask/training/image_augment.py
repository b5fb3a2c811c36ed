"""What happens to pictures on their way: the same random changes for real and fake, or they would be learned.

A recipe is drawn once and can be applied to several pictures, so that both halves of a pair go through the same.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import cast

import numpy as np

from unmask.types import FloatArray, ImageArray

Rng = np.random.Generator
Step = Callable[[ImageArray], ImageArray]


UNMOVED = 0.4
"""How often the crop is taken as an analysis takes it, on the pixel: moving it by parts of a pixel softens it."""


def recipe(rng: Rng, side: int, strength: float = 1.0) -> Step:
    """A random chain of changes: stored crop (s, s, 3) -> network crop uint8 (side, side, 3).

    Geometry, a simulated edge of the frame, light and colour, focus, resolution, noise, compression and hidden parts.
    `strength` (0..1) scales how often light to compression come about.
    """
    steps = [
        _plain(rng, side) if rng.random() < UNMOVED else _geometry(rng, side),
        *_edge(rng, side),
    ]
    for some in (_colour, _focus, _resolution, lambda rng: _noise(rng, side), _compression):
        steps += [step for step in some(rng) if rng.random() < strength]
    steps += _hidden(rng, side)

    def apply(crop: ImageArray) -> ImageArray:
        for step in steps:
            crop = step(crop)
        return crop

    return apply


def centre(crop: ImageArray, side: int) -> ImageArray:
    """The middle (side, side, 3) of a stored crop: what the network sees outside training."""
    margin = (crop.shape[0] - side) // 2
    return np.ascontiguousarray(crop[margin : margin + side, margin : margin + side])


def _plain(rng: Rng, side: int) -> Step:
    if rng.random() < 0.5:
        return lambda crop: np.ascontiguousarray(centre(crop, side)[:, ::-1])
    return lambda crop: centre(crop, side)


def _geometry(rng: Rng, side: int) -> Step:
    import cv2

    scale, angle = np.exp(rng.normal(0, 0.05)), rng.normal(0, 0.06)
    scale = float(np.clip(scale, 0.92, 1.15))
    shift, mirrored = rng.normal(0, 0.02, 2) * side, rng.random() < 0.5

    def apply(crop: ImageArray) -> ImageArray:
        middle = (crop.shape[0] - 1) / 2
        linear = scale * np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if mirrored:
            linear = linear @ np.diag([-1.0, 1.0])
        move = (side - 1) / 2 + shift - linear @ np.asarray([middle, middle])
        matrix = np.concatenate([linear, move[:, None]], axis=1)
        return cast(
            ImageArray,
            cv2.warpAffine(crop, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        )

    return apply


def _edge(rng: Rng, side: int) -> list[Step]:
    """Sometimes the face reaches the edge of the frame, and the edge is repeated."""
    import cv2

    if rng.random() >= 0.25:
        return []
    widths = np.round(rng.random(4) * (rng.random(4) < 0.5) * 0.1 * side).astype(int)
    top, bottom, left, right = (int(width) for width in widths)

    def apply(crop: ImageArray) -> ImageArray:
        inner = crop[top : side - bottom, left : side - right]
        return cast(ImageArray, cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE))

    return [apply]


def _colour(rng: Rng) -> list[Step]:
    import cv2

    steps: list[Step] = []
    if rng.random() < 0.7:
        gain, offset = rng.normal(1, 0.15, 3).clip(0.5, 1.5), rng.normal(0, 12)
        gain = 0.7 * gain.mean() + 0.3 * gain
        gamma = float(np.exp(rng.normal(0, 0.25)))
        ramp = np.arange(256)[:, None]
        table = np.clip(255 * np.clip((ramp * gain + offset) / 255, 0, 1) ** gamma, 0, 255).astype(np.uint8)[None]
        steps.append(lambda crop: cast(ImageArray, cv2.LUT(crop, table)))
    choice, saturation = rng.random(), rng.uniform(0.3, 1.4)
    if choice < 0.12:
        saturation = 0.0
    if choice < 0.4:
        mix = saturation * np.eye(3) + (1 - saturation) * np.asarray([[0.299, 0.587, 0.114]] * 3)
        steps.append(lambda crop: cast(ImageArray, cv2.transform(crop, mix)))
    return steps


def _focus(rng: Rng) -> list[Step]:
    import cv2

    choice = rng.random()
    if choice < 0.2:
        sigma = rng.uniform(0.4, 1.8)
        return [lambda crop: cast(ImageArray, cv2.GaussianBlur(crop, (0, 0), sigma))]
    if choice < 0.27:
        length, angle = int(rng.integers(3, 8)), rng.uniform(0, 180)
        line = np.zeros((length, length), np.float32)
        line[length // 2] = 1
        turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), angle, 1)
        drawn = cast(FloatArray, cv2.warpAffine(line, turn, (length, length)))
        kernel = drawn / max(float(drawn.sum()), 1e-6)
        return [lambda crop: cast(ImageArray, cv2.filter2D(crop, -1, kernel))]
    if choice < 0.4:
        gain, sigma = rng.uniform(0.2, 1.0), rng.uniform(0.7, 1.6)
        return [lambda crop: _sharpened(crop, gain, sigma)]
    return []


def _sharpened(crop: ImageArray, gain: float, sigma: float) -> ImageArray:
    import cv2

    return cast(ImageArray, cv2.addWeighted(crop, 1 + gain, cv2.GaussianBlur(crop, (0, 0), sigma), -gain, 0))


def _resolution(rng: Rng) -> list[Step]:
    """A smaller picture on the way, compressed there or not, as in a thumbnail or a far face."""
    import cv2

    if rng.random() >= 0.55:
        return []
    size = int(np.exp(rng.uniform(np.log(48), np.log(150))))
    down = int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    up = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    quality = int(rng.integers(40, 96)) if rng.random() < 0.4 else None

    def apply(crop: ImageArray) -> ImageArray:
        small = cast(ImageArray, cv2.resize(crop, (size, size), interpolation=down))
        small = jpeg(small, quality) if quality else small
        return cast(ImageArray, cv2.resize(small, crop.shape[1::-1], interpolation=up))

    return [apply]


def _noise(rng: Rng, side: int) -> list[Step]:
    import cv2

    if rng.random() >= 0.3:
        return []
    sigma, grain = rng.uniform(1, 10), rng.uniform(0, 0.9)
    noise = rng.normal(0, sigma, (side, side, 3)).astype(np.float32)
    if rng.random() < 0.5:
        noise[...] = noise[..., :1]
    if rng.random() < 0.5:
        noise = cast(FloatArray, cv2.GaussianBlur(noise, (0, 0), 0.3 + grain))
    return [lambda crop: _added(crop, noise)]


def _added(crop: ImageArray, noise: FloatArray) -> ImageArray:
    return cast(ImageArray, np.clip(crop + noise, 0, 255).astype(np.uint8))


def _compression(rng: Rng) -> list[Step]:
    """JPEG once or twice, or one intra frame of H.264, on a grid that lies anywhere."""
    steps: list[Step] = []
    if rng.random() < 0.2:
        crf = int(rng.integers(20, 40))
        steps.append(lambda crop: h264(crop, crf))
    for chance in (0.75, 0.25):
        if rng.random() < chance:
            quality, dy, dx = int(rng.integers(35, 97)), int(rng.integers(8)), int(rng.integers(8))
            steps.append(lambda crop, q=quality, y=dy, x=dx: _off_grid(crop, q, y, x))  # type: ignore[misc]
    return steps


def _hidden(rng: Rng, side: int) -> list[Step]:
    """Sometimes a grey box over a part of the face (DeVries and Taylor 2017), so that no one part tells who it is."""
    if rng.random() >= 0.4:
        return []
    height, width = np.round(rng.uniform(0.2, 0.55, 2) * side).astype(int)
    top, left = int(rng.integers(0, side - height)), int(rng.integers(0, side - width))

    def apply(crop: ImageArray) -> ImageArray:
        covered = crop.copy()
        covered[top : top + height, left : left + width] = 127
        return covered

    return [apply]


def _off_grid(crop: ImageArray, quality: int, dy: int, dx: int) -> ImageArray:
    import cv2

    height, width = crop.shape[:2]
    moved = cast(ImageArray, cv2.copyMakeBorder(crop, dy, 0, dx, 0, cv2.BORDER_REPLICATE))
    return np.ascontiguousarray(jpeg(moved, quality)[dy : dy + height, dx : dx + width])


def jpeg(crop: ImageArray, quality: int) -> ImageArray:
    """The RGB picture after JPEG of that quality (1..100)."""
    import cv2

    _, coded = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cast(ImageArray, cv2.cvtColor(cast(ImageArray, cv2.imdecode(coded, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB))


def h264(crop: ImageArray, crf: int) -> ImageArray:
    """The picture (even height and width) after one intra frame of H.264 at that constant rate factor."""
    import av

    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = crop.shape[1], crop.shape[0], "yuv420p"
    encoder.framerate, encoder.thread_count = Fraction(25), 1
    encoder.options = {"crf": str(crf), "preset": "superfast", "tune": "zerolatency"}
    packets = [*encoder.encode(av.VideoFrame.from_ndarray(crop, format="rgb24")), *encoder.encode(None)]
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return np.ascontiguousarray(cast(ImageArray, frames[0].to_ndarray(format="rgb24")))
