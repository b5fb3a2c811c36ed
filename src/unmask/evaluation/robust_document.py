"""The parts of the evaluation document that tell what corruptions and shortcut tests did. Rates are 0 to 1."""

from __future__ import annotations

from typing import Literal

from unmask.evaluation.outcome import Estimate, Part


class Fall(Part):
    """What one change did to the answers of one subject, over the files that had a score before and after it.

    `fall` is the AUC `before` less that `after`, its interval from draws of whole persons (or sources), each draw
    measured before and after: negative where the change helped. `false_alarm` is at the shipped threshold. Numbers
    that the files do not carry are null. `n_lost` files had a score before and none after; they are in no number.
    """

    subject: str
    n_real: int
    n_fake: int
    n_lost: int
    before: Estimate | None = None
    after: Estimate | None = None
    fall: Estimate | None = None
    false_alarm_before: Estimate | None = None
    false_alarm: Estimate | None = None


class Changed(Part):
    """One corruption or shortcut test: how many files it was done to, how many it left out and why, what it did."""

    name: str
    words: str
    touches: Literal["picture", "sound", "both"]
    files: int
    skipped: dict[str, int]
    failed: dict[str, int]
    falls: list[Fall]

    def of(self, subject: str) -> Fall | None:
        """The fall of that subject, None when it was not measured."""
        return next((one for one in self.falls if one.subject == subject), None)


class Robustness(Part):
    """All corruptions. `mean_fall` is by subject, over those with 5 real and 5 fake files, without the carrier."""

    seed: int
    corruptions: list[Changed]
    mean_fall: dict[str, float]


class Giveaway(Part):
    """How well one plain property of the files ranks fake above real (AUC; under 0.5: real ones have more of it)."""

    subject: str
    kind: str
    name: str
    n_real: int
    n_fake: int
    auc: Estimate


class Shortcuts(Part):
    """The shortcut tests, and what plain properties of the files alone reach."""

    seed: int
    tests: list[Changed]
    giveaways: list[Giveaway]
