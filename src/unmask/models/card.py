"""The model card: what a model is, what it was trained on, how good it is and how its scores become probabilities.

A model without a card does not ship. Cards are JSON files beside the weights, written by `unmask train`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class CardPart(BaseModel):
    """Base of all parts of a card: frozen and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSource(CardPart):
    """Files of one source, label and method that trained, calibrated or tested the model."""

    source: str
    licence: str
    label: str
    method: str
    split: str
    files: int


class Training(CardPart):
    """How the weights came about."""

    command: str
    seed: int
    steps: int
    hours: float
    hardware: str
    initialised_from: str


class Metric(CardPart):
    """Numbers over one split. Intervals are 95 % bootstrap intervals, drawn by person or source (`unit`)."""

    split: str
    condition: str
    unit: str
    n_real: int
    n_fake: int
    auc: float | None = None
    auc_interval: tuple[float, float] | None = None
    eer: float | None = None
    eer_interval: tuple[float, float] | None = None
    false_alarm: float | None = None
    false_alarm_interval: tuple[float, float] | None = None
    miss: float | None = None
    miss_interval: tuple[float, float] | None = None
    ap_50: float | None = None
    """Average precision of the altered stretches at an overlap (IoU) of one half, where stretches were looked for."""
    ap_50_interval: tuple[float, float] | None = None


class Calibration(CardPart):
    """Platt scaling of a subject's pooled logit (Platt 1999), fitted where real and fake weigh alike.

    Log-likelihood ratio = slope * pooled logit + intercept; `covariance` is that of (slope, intercept), from a
    bootstrap by source, and `noise` the standard deviation of one point's logit around its subject's pooled logit.
    """

    slope: float
    intercept: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    noise: float
    n_real: int
    n_fake: int
    data: str


class Card(CardPart):
    """All that is known of one model."""

    name: str
    version: str
    title: str
    weights: str
    sha256: str
    created: str
    parameters: int
    input: str
    data: list[DataSource]
    training: Training
    metrics: list[Metric]
    calibration: Calibration
    threshold: float
    """Logit of a single point from which a segment is cut: at most 5 % of real calibration points lie above."""
    limits: list[str]


HEADLINES = ("all", "clips", "pictures")
"""Conditions whose dev metrics say in short how good a model is."""


def headlines(card: Card) -> tuple[Metric, ...]:
    """The metrics over unseen data that stand for the whole model, in the order of `HEADLINES`."""
    dev = [m for m in card.metrics if m.split == "dev" and m.auc is not None]
    return tuple(m for condition in HEADLINES for m in dev if m.condition == condition)
