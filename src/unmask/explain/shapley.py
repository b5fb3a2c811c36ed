"""Who adds what to the verdict: exact Shapley values (Shapley 1953) over the named kinds of evidence.

A kind's value is the mean, over all orders in which the kinds could have been looked at, of what it changes when its
turn comes. The game is the real one: each of the 64 sets of kinds is combined by the same rule as the verdict. So the
values add up to the log-odds that are shown, with nothing left over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import median
from typing import get_args

from unmask.fusion.calibration import Strength
from unmask.fusion.combine import PRIOR_LOG_ODDS, Combined, Weighed, combine
from unmask.fusion.fuse import CALIBRATED_FACE, SMALL_FACE_DEVIATION, Fused
from unmask.fusion.origin import DETECTOR, judge_origin
from unmask.fusion.signals import VOICE
from unmask.intervals import Z95
from unmask.result import AttributedPart, Attribution, EvidenceSource, Finding, FindingState
from unmask.types import Media, Track

SOURCES: tuple[EvidenceSource, ...] = get_args(EvidenceSource)
QUALITY = "quality"

Value = Callable[[Collection[str]], float]


def attribute_verdict(media: Media, fused: Fused) -> Attribution | None:
    """What each named kind of evidence adds to the verdict's log-odds; None where there is no verdict.

    Evidence ids are filled in later. Raises ValueError when the sum is not the verdict, which would be a defect.
    """
    verdict = fused.verdict
    if verdict.probability is None or verdict.interval is None:
        return None
    weighed, small = _weighed(fused), _small(fused.tracks)
    origin = judge_origin(media.provenance)
    alone = media.audio is None or media.video is None

    def combined(kinds: Collection[str]) -> Combined:
        taken = [w if QUALITY in kinds else _at_best(w, small) for w in weighed if kind_of(w.finding) in kinds]
        return combine(taken, [], origin if DETECTOR in kinds else None, alone=alone)

    def value(kinds: Collection[str]) -> float:
        return PRIOR_LOG_ODDS + math.fsum(c.log_odds for c in combined(kinds).contributions)

    values = shapley(SOURCES, value)
    best = combined([source for source in SOURCES if source != QUALITY]).verdict.interval
    return Attribution(
        base=PRIOR_LOG_ODDS,
        log_odds=math.log(verdict.probability) - math.log1p(-verdict.probability),
        parts=[
            AttributedPart(source=source, log_odds=values[source], state=_state(source, fused.findings))
            for source in SOURCES
        ],
        interval_at_best=None if best is None or _alike(best, verdict.interval) else best,
    )


def shapley(players: Sequence[str], value: Value) -> dict[str, float]:
    """Exact Shapley values of a game over up to some ten players; `value` is asked once for each set of them."""
    count = len(players)
    worth = {chosen: value(chosen) for size in range(count + 1) for chosen in combinations(players, size)}
    found = {}
    for player in players:
        others = [p for p in players if p != player]
        gains = (
            (worth[tuple(p for p in players if p in chosen or p == player)] - worth[chosen])
            / (count * math.comb(count - 1, size))
            for size in range(count)
            for chosen in combinations(others, size)
        )
        found[player] = math.fsum(gains)
    return found


def kind_of(finding: Finding) -> str:
    """The named kind of evidence that a finding belongs to.

    An added detector is named after the kind that it looks for, `face:NAME`; one under a name of its own counts as
    `voice` where its subject is the voice, and as `face` elsewhere, so that no part of the sum is lost.
    """
    kind = finding.detector.partition(":")[0]
    if kind in SOURCES:
        return kind
    return "voice" if finding.subject == VOICE else "face"


def _weighed(fused: Fused) -> list[Weighed]:
    """The scored findings with the strength that their probability and interval stand for."""
    return [
        Weighed(finding, _strength(finding.probability, finding.interval))
        for finding in fused.findings
        if finding.state == "scored"
        and finding.detector != DETECTOR
        and finding.probability is not None
        and finding.interval is not None
    ]


def _strength(probability: float, interval: tuple[float, float]) -> Strength:
    low, high = (_log_odds(end) for end in interval)
    return Strength(_log_odds(probability), (high - low) / (2 * Z95))


def _log_odds(probability: float) -> float:
    return math.log(probability) - math.log1p(-probability)


def _small(tracks: Sequence[Track]) -> frozenset[str]:
    """The persons whose faces are so small that their readings were widened."""
    return frozenset(t.subject for t in tracks if median(o.size for o in t.observations) < CALIBRATED_FACE)


def _at_best(weighed: Weighed, small: Collection[str]) -> Weighed:
    """The finding as it would be if its face were large enough."""
    if weighed.finding.subject not in small:
        return weighed
    deviation = math.sqrt(max(0.0, weighed.strength.deviation**2 - SMALL_FACE_DEVIATION**2))
    return replace(weighed, strength=Strength(weighed.strength.llr, deviation))


def _state(source: EvidenceSource, findings: Sequence[Finding]) -> FindingState | str:
    """Scored where any finding of the kind is; the quality of the input is always looked at."""
    if source == QUALITY:
        return "scored"
    states = [finding.state for finding in findings if kind_of(finding) == source]
    order: tuple[FindingState, ...] = ("scored", "failed", "not_applicable")
    return next((state for state in order if state in states), "absent")


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) < 1e-9 for a, b in zip(one, other, strict=True))
