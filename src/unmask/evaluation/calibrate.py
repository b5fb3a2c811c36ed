"""From a network's own answers to probabilities: the calibration of an added model, fitted on an evaluation's files.

It is the same Platt scaling, by source, as that of the shipped models (`fusion/calibration.py`). Where it is written
into the model's card, the model takes part in verdicts from then on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unmask.errors import DatasetError
from unmask.evaluation.cases import Case, asked
from unmask.evaluation.outcome import Found
from unmask.models.added import AddedCard
from unmask.models.card import Calibration
from unmask.training.statistics import fit_platt, threshold_for

LEAST = 20
"""Fewer real or fake files than this do not carry a calibration."""
SEGMENTS_RATE = 0.05
"""At most so many real files may lie above the threshold from which segments are cut."""


def calibrated(card: AddedCard, found: Sequence[Case], split: str) -> AddedCard:
    """The card with a calibration and a threshold that the files of `found` set.

    Raises:
        DatasetError: the split is the one that tests, the model has a calibration already, or there are too few files.
    """
    if split == "dev":
        raise DatasetError("the split 'dev' tests: a calibration on it would be measured on itself")
    if card.calibration is not None:
        raise DatasetError(
            f"{card.name} is calibrated already: set calibration and threshold to null in its card first"
        )
    owed = [(case, one) for case in asked(found, card.detector) if (one := _loudest(case, card.detector)) is not None]
    fake = np.array([bool(case.truth.of(card.detector)) for case, _ in owed], dtype=bool)
    if min(int(fake.sum()), int((~fake).sum())) < LEAST:
        raise DatasetError(f"{int((~fake).sum())} real and {int(fake.sum())} fake files: {LEAST} of each are needed")
    pooled = np.array([one.pooled for _, one in owed], dtype=np.float64)
    fitted = fit_platt(fake, pooled, [case.group("source") for case, _ in owed])
    calibration = Calibration(
        slope=fitted.slope,
        intercept=fitted.intercept,
        covariance=fitted.covariance,
        noise=float(np.sqrt(np.mean([(one.noise or 0.0) ** 2 for _, one in owed]))),
        n_real=int((~fake).sum()),
        n_fake=int(fake.sum()),
        data=f"files of the split {split!r} of {len({case.row.source for case, _ in owed})} sources",
    )
    limits = [limit for limit in card.limits if not limit.startswith("Not calibrated")]
    threshold = threshold_for(pooled[~fake], SEGMENTS_RATE)
    return card.model_copy(update={"calibration": calibration, "threshold": threshold, "limits": limits})


def _loudest(case: Case, detector: str) -> Found | None:
    """The finding of the subject that looks most manipulated; None where nothing was scored."""
    scored = [f for f in case.outcome.findings if f.detector == detector and f.pooled is not None]
    return max(scored, key=lambda f: f.pooled or 0.0, default=None)
