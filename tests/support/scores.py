"""Small made values for tests of fusion and detectors."""

from fractions import Fraction

from unmask.models.card import Calibration, Card, Training
from unmask.types import ModelRef, ScorePoint

CALIBRATION = Calibration(
    slope=1.0,
    intercept=0.0,
    covariance=((0.01, 0.0), (0.0, 0.01)),
    noise=1.0,
    n_real=50,
    n_fake=50,
    data="made for tests",
)


def card(name: str, threshold: float = 1.0, calibration: Calibration = CALIBRATION) -> Card:
    return Card(
        name=name,
        version="0.0.0",
        title="made for tests",
        weights=f"{name}.npz",
        sha256="0" * 64,
        created="2026-01-01",
        parameters=1,
        input="",
        data=[],
        training=Training(command="", seed=0, steps=0, hours=0.0, hardware="", initialised_from=""),
        metrics=[],
        calibration=calibration,
        threshold=threshold,
        limits=[],
    )


def points(logits: list[float], step: Fraction = Fraction(1, 4), length: Fraction | None = None, face: bool = False):
    """Scores every `step` seconds, each standing for `length` (default `step`)."""
    length = length or step
    return tuple(
        ScorePoint(i * step, i * step + length, logit, (i * step, 0) if face else None)
        for i, logit in enumerate(logits)
    )


REF = ModelRef("made", "0.0.0", "0" * 64)
