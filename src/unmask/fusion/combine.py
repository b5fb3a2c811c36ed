"""From findings to one verdict whose contributions add up to the score that is shown.

A media is called manipulated when anything in it was: one face of two, or the voice alone. So a detector that sees
nothing in its own subject says little against the rest. With `share` the probability that this very subject was
altered in a manipulated media, a subject's contribution is log(1 - share + share * ratio): it can't fall under
log(1 - share), and it grows without such a bound when the subject looks manipulated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from unmask.fusion.calibration import Strength, sigmoid
from unmask.fusion.origin import SAYS_GENERATED, SIGNED_AS_GENERATED, Origin
from unmask.intervals import Z95
from unmask.result import Contribution, Finding, Label, Verdict

PRIOR_LOG_ODDS = 0.0
"""Somebody doubts this media: before looking, both answers weigh alike."""

SHARES = {"face": 0.7, "voice": 0.5, "lip_sync": 0.3}
"""How probable it is that this kind of subject is altered in a manipulated media.

Lips part from the sound where one of them was replaced without the other, or the sound moved. A swapped face keeps its
lips, and faces and heads that are driven by the sound are made to fit it; what is left is speech put over a real video
and poor reenactment. So lips in sync speak for little (they take off 0.36 at most), and lips that part have innocent
reasons too: translation, a speaker outside the picture. A judgement, to be replaced by a count where there is one.
"""

SHARE_ADDED = 0.3
"""The share of an added model that somebody calibrated: it looks at a subject that one of ours has weighed already.

The sum takes both as independent, which two detectors of one face are not. So an added one may take off 0.36 at most.
"""

SHARE_ALONE = 0.9
"""The share of faces in a media without sound, or of the voice in one without a picture: there is little else to alter.

Not 1: the verdict is about the media, and a body, a background or a cut can be altered too.
"""

CEILING = 12.0
"""Largest log-odds of a verdict, either way: closer to 0 or 1 a double no longer tells the log-odds to 1e-6."""

MANIPULATED_FROM = 0.80
"""Probability from which the verdict is `likely_manipulated`, if the interval's lower end is above one half."""
AUTHENTIC_BELOW = 0.25
"""Probability under which it is `likely_authentic`, if the interval's upper end is below `MANIPULATED_FROM`.

Odds of three to one. A real voice alone reaches 0.33 at the lowest in a video: it is no ground to call one authentic
whose face says nothing. A face alone reaches 0.23, since a video in which nobody speaks may still be cleared.
"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A scored finding with the strength behind it."""

    finding: Finding
    strength: Strength


@dataclass(frozen=True, slots=True)
class Combined:
    """The verdict and what it is made of."""

    verdict: Verdict
    contributions: tuple[Contribution, ...]


def combine(
    weighed: Sequence[Weighed], unanswered: Sequence[Finding], origin: Origin | None = None, *, alone: bool = False
) -> Combined:
    """The verdict over all findings; `unanswered` are those without a score, named in the reasons.

    `alone` says that the media holds only a picture or only sound. `origin` is what the file says of itself. It adds a
    number only where a trusted signature declares AI; the interval's lower end then stays above what the other findings
    could take off at most.
    """
    decisive = origin.log_odds if origin else None
    if not weighed and decisive is None:
        reasons = sorted({f"{f.detector}: {f.reason}" for f in unanswered})
        return Combined(_verdict("not_assessable", None, None, None, reasons), ())
    findings, values, variance, lowest = [], [], 0.0, 0.0
    for item in weighed:
        share = subject_share(item.finding.detector, weighed, alone=alone)
        value, slope = contribution(item.strength.llr, share)
        variance += (slope * item.strength.deviation) ** 2
        lowest += math.log(1.0 - share)
        findings.append(item.finding)
        values.append(value)
    if origin and decisive is not None:
        findings.append(origin.finding)
        values.append(decisive)
    shrink = min(1.0, CEILING / max(abs(math.fsum(values)), CEILING))
    contributions = [_contribution(finding, shrink * v) for finding, v in zip(findings, values, strict=True)]
    log_odds = PRIOR_LOG_ODDS + math.fsum(c.log_odds for c in contributions)
    spread = Z95 * math.sqrt(variance)
    floor = -math.inf if decisive is None else PRIOR_LOG_ODDS + shrink * (decisive + lowest)
    interval = (sigmoid(max(log_odds - spread, floor)), sigmoid(log_odds + spread))
    label = decide(sigmoid(log_odds), interval)
    reasons = _reasons(label, interval, unanswered)
    if decisive is not None:
        reasons.insert(0, SIGNED_AS_GENERATED)
    elif origin and origin.bars_authentic and label == "likely_authentic":
        label = "inconclusive"
        reasons.insert(0, SAYS_GENERATED)
    verdict = _verdict(label, sigmoid(log_odds), interval, PRIOR_LOG_ODDS, reasons)
    return Combined(verdict, tuple(contributions))


def contribution(llr: float, share: float) -> tuple[float, float]:
    """What a subject adds to the log-odds, and how fast that grows with its log-likelihood ratio (0 to 1)."""
    mixed = 1.0 - share + share * math.exp(llr)
    return math.log(mixed), share * math.exp(llr) / mixed


def subject_share(detector: str, weighed: Sequence[Weighed], *, alone: bool = False) -> float:
    """The share of one subject: that of its detector, divided among the persons so that the total stays the same."""
    own = SHARES.get(detector)
    whole = SHARE_ADDED if own is None else SHARE_ALONE if alone else own
    subjects = sum(item.finding.detector == detector for item in weighed)
    return float(1.0 - (1.0 - whole) ** (1.0 / subjects))


def decide(probability: float, interval: tuple[float, float]) -> Label:
    """The label: an answer only where the interval allows it."""
    if probability >= MANIPULATED_FROM and interval[0] > 0.5:
        return "likely_manipulated"
    if probability < AUTHENTIC_BELOW and interval[1] < MANIPULATED_FROM:
        return "likely_authentic"
    return "inconclusive"


def _reasons(label: Label, interval: tuple[float, float], unanswered: Sequence[Finding]) -> list[str]:
    """Codes that say why the label is no firmer: what was not examined, and how wide the interval is."""
    reasons = sorted({f"{f.detector}: {f.reason}" for f in unanswered})
    if label == "inconclusive":
        wide = interval[1] - interval[0] > 0.5
        reasons.insert(0, "interval_too_wide" if wide else "evidence_too_weak")
    return reasons


def _contribution(finding: Finding, value: float) -> Contribution:
    return Contribution(source=finding.detector, subject=finding.subject, log_odds=value, evidence=[])


def _verdict(
    label: Label,
    probability: float | None,
    interval: tuple[float, float] | None,
    prior: float | None,
    reasons: list[str],
) -> Verdict:
    return Verdict(
        label=label,
        probability=probability,
        interval=interval,
        prior_log_odds=prior,
        reasons=reasons,
        expected_error=None,
    )
