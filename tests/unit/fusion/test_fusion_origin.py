"""What the file's own statements weigh: one thing decides, nothing else gets a number."""

import math
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.scores import REF, card, points
from unmask.fusion.calibration import Strength, sigmoid
from unmask.fusion.combine import SHARES, Weighed, combine
from unmask.fusion.fuse import fuse
from unmask.fusion.origin import SAYS_GENERATED, SIGNED_AS_GENERATED, judge_origin
from unmask.result import Finding
from unmask.types import (
    AudioStream,
    Credentials,
    Declaration,
    DetectorScores,
    Interval,
    Media,
    Provenance,
    Shard,
    ShardOutcome,
    Trace,
)

SIGNED = Provenance(Credentials("trusted"), (Declaration("c2pa", "generated", "x", trusted=True),))
UNSIGNED = Provenance(Credentials("absent"), (Declaration("text", "generated", "x", "ComfyUI"),))
ABSENT = Provenance()

ratios = st.floats(-6, 6)
several = st.lists(st.tuples(ratios, st.floats(0, 3)), max_size=6)


def scored(detector, subject, llr, deviation=0.3):
    finding = Finding(detector=detector, subject=subject, state="scored", probability=sigmoid(llr), interval=(0, 1))
    return Weighed(finding, Strength(llr, deviation))


def people(found):
    return [scored("face", f"person-{i}", llr, deviation) for i, (llr, deviation) in enumerate(found, 1)]


def total(made):
    return made.verdict.prior_log_odds + math.fsum(c.log_odds for c in made.contributions)


@given(several, ratios)
def test_a_trusted_declaration_decides_whatever_else_was_found_and_the_sum_holds(faces, voice):
    made = combine([*people(faces), scored("voice", "voice", voice)], [], judge_origin(SIGNED))
    p = made.verdict.probability
    assert made.verdict.label == "likely_manipulated"
    assert made.verdict.reasons[0] == SIGNED_AS_GENERATED
    assert made.verdict.interval[0] <= p <= made.verdict.interval[1]
    assert math.log(p / (1 - p)) == pytest.approx(total(made), abs=1e-6)


def test_it_decides_against_every_detector_at_once():
    against = [scored(detector, f"s-{detector}", -6.0, 3.0) for detector in SHARES]
    made = combine(against, [], judge_origin(SIGNED))
    assert made.verdict.label == "likely_manipulated"
    assert made.verdict.interval[0] > 0.5


def test_it_decides_where_nothing_else_could_be_examined():
    made = combine([], [], judge_origin(SIGNED))
    assert made.verdict.label == "likely_manipulated"
    assert [(c.source, c.subject) for c in made.contributions] == [("provenance", "media")]
    assert sigmoid(total(made)) == pytest.approx(made.verdict.probability, abs=1e-12)


STATES = ("absent", "trusted", "untrusted", "invalid", "unreadable", "remote")
TRACES = ((), (Trace("encoder", "x264", "stream", "x264"), Trace("camera", "", "make", "Canon")))


@pytest.mark.parametrize(("state", "traces"), list(product(STATES, TRACES)))
@given(several)
def test_nothing_but_a_trusted_declaration_changes_a_number(state, traces, faces):
    origin = judge_origin(Provenance(Credentials(state, failures=("assertion.dataHash.mismatch",)), (), traces))
    assert combine(people(faces), [], origin) == combine(people(faces), [])


@given(several)
def test_an_unsigned_declaration_changes_no_number_and_is_never_called_authentic(faces):
    plain, declared = combine(people(faces), []), combine(people(faces), [], judge_origin(UNSIGNED))
    assert declared.contributions == plain.contributions
    assert declared.verdict.probability == plain.verdict.probability
    assert declared.verdict.interval == plain.verdict.interval
    assert declared.verdict.label != "likely_authentic"
    if plain.verdict.label != "likely_authentic":
        assert declared.verdict == plain.verdict


def test_an_unsigned_declaration_turns_authentic_into_inconclusive_with_its_reason():
    quiet = people([(-6.0, 0.1)])
    assert combine(quiet, []).verdict.label == "likely_authentic"
    made = combine(quiet, [], judge_origin(UNSIGNED))
    assert made.verdict.label == "inconclusive"
    assert made.verdict.reasons == [SAYS_GENERATED]


@pytest.mark.parametrize(
    ("credentials", "state", "reason"),
    [
        (Credentials(), "not_applicable", "no_credentials"),
        (Credentials("trusted"), "not_applicable", "credentials_without_ai"),
        (Credentials("untrusted"), "not_applicable", "signer_not_trusted"),
        (Credentials("remote"), "not_applicable", "credentials_elsewhere"),
        (
            Credentials("invalid", failures=("assertion.bmffHash.mismatch",)),
            "not_applicable",
            "changed_after_signing",
        ),
        (Credentials("invalid", failures=("signingCredential.expired",)), "not_applicable", "signature_expired"),
        (Credentials("invalid", failures=("claimSignature.missing",)), "not_applicable", "credentials_invalid"),
        (Credentials("unreadable"), "failed", "credentials_unreadable"),
    ],
)
def test_every_state_has_its_finding_and_no_number(credentials, state, reason):
    origin = judge_origin(Provenance(credentials))
    assert (origin.finding.state, origin.finding.reason) == (state, reason)
    assert origin.finding.probability is origin.log_odds is None


def test_where_nobody_looked_there_is_no_finding():
    assert judge_origin(None) is None


class _Voice:
    name, modality, needs, model = "voice", "audio", "speech", REF


def _fused(provenance, logits):
    sound = AudioStream(1, "aac", 16_000, 1, None, Fraction(0), Fraction(30))
    media = Media(
        Path("/nowhere"), "a.mp3", "audio", "0" * 64, 1, "mp3", Fraction(30), Fraction(0), None, None, sound,
        provenance=provenance,
    )  # fmt: skip
    scores = DetectorScores("voice", points(logits, Fraction(1), Fraction(4)))
    shard = Shard(0, Fraction(0), Fraction(30))
    outcome = ShardOutcome(shard, (), (), (Interval(Fraction(0), Fraction(30)),), (scores,))
    return fuse(media, [outcome], [_Voice()], {"voice": card("voice")})


@given(st.lists(st.floats(-5, 5), max_size=20))
def test_absence_changes_nothing_but_adds_its_own_finding(logits):
    looked, blind = _fused(ABSENT, logits), _fused(None, logits)
    assert looked.verdict == blind.verdict
    assert looked.contributions == blind.contributions
    assert looked.segments == blind.segments
    assert looked.findings[:-1] == blind.findings
    assert (looked.findings[-1].detector, looked.findings[-1].probability) == ("provenance", None)
