"""Media, faces, voices and signals as the first stages would give them, drawn instead of decoded. For tests only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from unmask.explain.attribution import Method
from unmask.explain.inputs import FaceTools, ScoredSignal, Tools
from unmask.media.align import SIDE, TEMPLATE, align, crop_matrix
from unmask.types import (
    SAMPLE_RATE,
    AudioStream,
    Box,
    FaceObservation,
    Frame,
    Interval,
    Media,
    ScorePoint,
    Signal,
    Sound,
    Track,
    VideoStream,
)

STEP = Fraction(1, 4)
LENGTH = Fraction(156, 5)
THRESHOLD = 0.8
HOSTILE = "invoice\u202egpj.exe <script>alert(1)</script>\x07 ' onload=x \U000e0041.mp4"
Picture = Callable[[Fraction], np.ndarray]


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def points_at(x: float, y: float, size: float) -> np.ndarray:
    """The five points of a frontal face around (x, y)."""
    return ((TEMPLATE - [0.5, 0.55]) * size + [x, y]).astype(np.float32)


FACES = {"person-1": points_at(430, 330, 330), "person-2": points_at(930, 380, 210)}


def draw_picture(time: Fraction) -> np.ndarray:
    """1280 x 720: a wall, two simple faces, a little noise that changes with time."""
    import cv2

    image = np.zeros((720, 1280, 3), np.uint8)
    image[:] = np.linspace(70, 130, 1280)[None, :, None]
    for points, skin in zip(FACES.values(), ((205, 160, 130), (150, 105, 80)), strict=True):
        gap = float(np.linalg.norm(points[1] - points[0]))
        middle = points.mean(axis=0)
        cv2.ellipse(
            image, _at(middle + np.array([0, 0.1 * gap])), (int(1.1 * gap), int(1.5 * gap)), 0, 0, 360, skin, -1
        )
        for eye in points[:2]:
            cv2.ellipse(image, _at(eye), (int(0.2 * gap), int(0.1 * gap)), 0, 0, 360, (240, 240, 240), -1)
            cv2.circle(image, _at(eye), int(0.08 * gap), (40, 30, 30), -1)
        cv2.line(image, _at(points[2] - np.array([0, 0.5 * gap])), _at(points[2]), tuple(int(c * 0.8) for c in skin), 6)
        opened = 0.06 + 0.1 * abs(math.sin(4 * float(time)))
        cv2.ellipse(
            image, _at((points[3] + points[4]) / 2), (int(0.42 * gap), int(opened * gap)), 0, 0, 360, (140, 50, 60), -1
        )
    noise = np.random.default_rng(int(time * 1000)).normal(0, 5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _at(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def media(kind: str = "video", name: str = "interview_final.mp4", sound: bool = True, **changes: Any) -> Media:
    start = Fraction(0)
    video = VideoStream(0, "h264", "High", "yuv420p", 1280, 720, 0, 25.0, False, 780, 1_820_000, start, LENGTH)
    audio = AudioStream(1, "aac", 44_100, 2, 128_000, start, LENGTH)
    values: dict[str, Any] = {
        "path": Path("/nowhere"),
        "name": name,
        "kind": kind,
        "sha256": "9f2c1de07a4b5e83c6d1f0a2b7e94835d6c8fa10b3e27d4596a8c1f0e5d2b473",
        "size": 7_604_112,
        "container": "mp4" if kind == "video" else {"audio": "mp3", "image": "jpeg"}[kind],
        "duration": LENGTH if kind != "image" else Fraction(0),
        "origin": start,
        "bit_rate": 1_949_000 if kind != "image" else None,
        "video": video if kind != "audio" else None,
        "audio": audio if sound and kind != "image" else None,
        "tags": {"encoder": "Lavf61.7.100", "creation_time": "2026-11-20T08:14:03Z"},
    }
    return Media(**(values | changes))


def face_signal(subject: str, low: float, hot: Sequence[tuple[float, float, float]], seed: int) -> tuple[Track, Signal]:
    """A person scored all the time at about `low`, and in the hot stretches at their own probability."""
    draw, observations, points = np.random.default_rng(seed), [], []
    number = int(subject[-1]) - 1
    for i in range(int(LENGTH / STEP)):
        time = i * STEP
        if subject == "person-2" and 24 < time < 27:
            continue
        level = next((p for a, b, p in hot if a <= time < b), low)
        key = (time, number)
        observations.append(_observation(key, FACES[subject], draw))
        points.append(ScorePoint(time, time + STEP, logit(level) + float(draw.normal(0, 0.6)), key))
    return Track(subject, tuple(observations)), Signal("face", subject, "video", tuple(points))


def _observation(key: tuple[Fraction, int], points: np.ndarray, draw: np.random.Generator) -> FaceObservation:
    size = float(np.ptp(points[:, 0]) * 1.9)
    x, y = (float(v) for v in points.mean(axis=0))
    return FaceObservation(
        key=key,
        box=Box(x - size / 2, y - size / 2, size, size),
        confidence=0.97,
        points=points + draw.normal(0, 1.0, (5, 2)).astype(np.float32),
        descriptor=np.ones(4, np.float32) / 2,
        size=size,
        sharpness=120.0,
        brightness=118.0,
        yaw=0.0,
    )


def voice_signal(low: float, hot: Sequence[tuple[float, float, float]], seed: int) -> Signal:
    draw, points = np.random.default_rng(seed), []
    for i in range(0, int(LENGTH) - 4, 2):
        level = next((p for a, b, p in hot if a <= i + 2 < b), low)
        points.append(ScorePoint(Fraction(i), Fraction(i + 4), logit(level) + float(draw.normal(0, 0.4))))
    return Signal("voice", "voice", "audio", tuple(points))


SPEECH = tuple(Interval(Fraction(a), Fraction(b)) for a, b in ((0, 7), (8, 15), (16, 23), (24, 31)))


def speak(_: Media, interval: Interval) -> Sound:
    """A tone with overtones that glides, with pauses and a little noise."""
    count = int(interval.length * SAMPLE_RATE)
    time = float(interval.start) + np.arange(count) / SAMPLE_RATE
    phase = 2 * np.pi * (115 * time + 9 * np.sin(2 * np.pi * 0.7 * time))
    tone = sum(np.sin(k * phase) / k**1.2 for k in range(1, 40))
    voiced = (np.sin(2 * np.pi * 2.3 * time) > -0.5) & (time % 8 < 7)
    noise = np.random.default_rng(0).normal(0, 0.004, count)
    return Sound(interval.start, (0.08 * tone * voiced + noise).astype(np.float32))


class TinyModel:
    """A face model with a small network: it answers to what is uneven, and a faithful map shows where."""

    card = SimpleNamespace(name="tiny")

    @property
    def network(self) -> Any:
        return _tiny_network()

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        return np.asarray(self.network(inputs)).reshape(-1)


@lru_cache(maxsize=1)
def _tiny_network() -> Any:
    import keras

    keras.utils.set_random_seed(7)
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(8, 5, strides=4, padding="same", activation="relu"),
            layers.Conv2D(8, 3, strides=4, padding="same", activation="relu", name="top"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    first, _, second, _, head, _ = network.get_weights()
    uneven = first - first.mean(axis=(0, 1, 2))  # an even area gives nothing
    network.set_weights([uneven, np.zeros(8), np.abs(second), np.zeros(8), np.abs(head) * 25, np.array([-36.5])])
    return network


def tools(picture: Picture = draw_picture) -> Tools:
    def frames_at(_: Media, times: Iterable[Fraction]) -> Iterator[Frame]:
        yield from (Frame(time, picture(time)) for time in times)

    face = FaceTools(
        model=TinyModel(),  # type: ignore[arg-type]
        method=Method("hires-cam", "top"),
        side=SIDE,
        matrix=crop_matrix,
        cut=align,
        prepare=lambda crops: crops.astype(np.float32) / 127.5 - 1,
        probability=lambda value: 1 / (1 + math.exp(-value)),
    )
    return Tools(frames_at=frames_at, sound=speak, face=face)


def scored(signal: Signal) -> ScoredSignal:
    return ScoredSignal(signal, tuple(1 / (1 + math.exp(-p.logit)) for p in signal.points), THRESHOLD)
