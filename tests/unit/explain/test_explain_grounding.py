"""The check: the built-in wording always passes it, good paraphrases do, and small differences do not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.writtenresult import evidence, person, scored, segment, written
from unmask.explain.casefile import case_file
from unmask.explain.claims import claims
from unmask.explain.grounding import Judged, Reference, judge
from unmask.explain.narrative import NarrativeFacts, renarrate, told
from unmask.language import LANGUAGES, translate
from unmask.result import Finding, Result, Sentence


def judged(result: Result, text: str, *ids: str) -> Judged:
    facts = NarrativeFacts.of(result)
    references = [Reference.of(sentence) for sentence, free in told(facts) if free]
    return judge(Sentence(text=text, evidence=list(ids)), references, case_file(facts), result.verdict.label)


def refused(result: Result) -> list[tuple[str, tuple[str, ...]]]:
    """Built-in sentences that may be reworded, and do not even pass unchanged."""
    free = [sentence for sentence, is_free in told(NarrativeFacts.of(result)) if is_free]
    found = [judged(result, s.text, *s.evidence) for s in free]
    return [(one.sentence.text, one.faults) for one in found if one.faults]


def test_the_built_in_wording_passes_its_own_check() -> None:
    assert refused(written()) == []


UNSCORED = st.sampled_from(
    ["no_audio", "no_speech", "too_little_speech", "face_too_small", "too_few_frames", "not_speaking", "too_short"]
)


@settings(max_examples=40, deadline=None)
@given(
    label=st.sampled_from(["likely_manipulated", "likely_authentic", "inconclusive"]),
    spans=st.lists(st.tuples(st.floats(0, 25), st.floats(0.5, 6), st.floats(0.6, 0.9999)), max_size=6),
    chances=st.lists(st.floats(0.0001, 0.9999), min_size=1, max_size=6),
    reasons=st.lists(UNSCORED, max_size=6),
    size=st.floats(41, 200),
)
def test_whatever_was_found_the_built_in_wording_passes(
    label: Any, spans: list[tuple[float, float, float]], chances: list[float], reasons: list[str], size: float
) -> None:
    base = written()
    findings = [scored("face", f"person-{i}", p) for i, p in enumerate(chances, 1)]
    silent = [
        Finding(
            detector="lip_sync" if reason in ("not_speaking", "too_short") else "face",
            subject=f"person-{20 + i}",
            state="not_applicable",
            reason=reason,
        )
        for i, reason in enumerate(reasons)
    ]
    curves = [
        evidence(i, "signal_curve", "face", f.subject, points=9, highest=0.5, highest_at=1.0, median=0.2)
        for i, f in enumerate(findings, 1)
    ]
    what = evidence(50, "provenance_fact", "input", "media", what="input", persons=len(findings), speech_seconds=1.0)
    result = base.model_copy(
        update={
            "verdict": base.verdict.model_copy(update={"label": label}),
            "findings": [*findings, *silent],
            "segments": [segment(a, a + n, "face", "person-1", p, "E1") for a, n, p in spans],
            "persons": [person(i, size + i) for i in range(1, len(findings) + 1)],
            "evidence": [*curves, what],
            "contributions": [
                base.contributions[0].model_copy(update={"subject": f.subject, "evidence": [c.id]})
                for f, c in zip(findings, curves, strict=True)
            ],
        }
    )
    assert refused(result) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("The voice sounds manipulated between 00:09 and 00:21 (probability 0.84).", ["E5"]),
        ("From 00:09 to 00:21, the voice appears manipulated, with a probability of 84 %.", ["E5"]),
        ("There is no clear sign of manipulation in the face of person-2 (probability 0.11).", ["E4"]),
        ("The lip movement of person-1 was not examined, as the mouth does not move with speech.", ["E6"]),
        (
            "Between 00:10 and 00:22 (probability 0.93) and between 00:27 and 00:30 (0.86) the face of person-1 seems "
            "manipulated, especially around the mouth and along the jaw line.",
            ["E1", "E2", "E3"],
        ),
    ],
)
def test_the_same_in_other_words_is_let_through(text: str, ids: list[str]) -> None:
    assert judged(written(), text, *ids).faults == ()


@pytest.mark.parametrize(
    ("text", "ids", "code"),
    [
        ("Between 00:09 and 00:22 the voice sounds manipulated (probability 0.84).", ["E5"], "stretch_not_in_evidence"),
        ("The voice sounds manipulated at 00:50 (probability 0.84).", ["E5"], "time_not_in_evidence"),
        ("Between 00:09 and 00:21 the voice sounds manipulated (probability 0.85).", ["E5"], "number_not_in_evidence"),
        ("The face of person-7 shows no clear sign of manipulation (0.11).", ["E4"], "person_not_in_evidence"),
        ("The nose shows no clear sign of manipulation (probability 0.11).", ["E4"], "region_not_in_evidence"),
        ("The voice shows no clear sign of manipulation (probability 0.11).", ["E4"], "detector_not_in_evidence"),
        ("This video looks authentic (probability 0.84).", ["E5"], "contradicts_verdict"),
        ("The voice clearly proves a manipulation (probability 0.84).", ["E5"], "overclaims"),
        ("The voice is manipulated (probability 0.84).", ["E5"], "overclaims"),
        ("The voice was manipulated to deceive (probability 0.84).", ["E5"], "intent"),
        ("His voice sounds manipulated (probability 0.84).", ["E5"], "identity"),
        ("The voice sounds manipulated (probability 0.84).", ["E5"], "leaves_out"),
        ("The voice sounds manipulated (probability 0.84).", ["E77"], "unknown_evidence"),
        ("The voice sounds manipulated (probability 0.84).", [], "no_evidence"),
        ("The voice sounds manipulated {0.84}.", ["E5"], "not_a_plain_sentence"),
        ("Between 00:09 and 00:21 Anna\u2019s voice sounds manipulated (0.84).", ["E5"], "words_not_in_evidence"),
    ],
)
def test_what_is_wrong_has_its_code(text: str, ids: list[str], code: str) -> None:
    assert code in judged(written(), text, *ids).faults


def test_a_true_number_belongs_to_its_own_stretch() -> None:
    swapped = (
        "The face of person-1 looks manipulated from 00:10 to 00:22 (probability 0.86) and from 00:27 to 00:30 (0.93), "
        "most of all around the mouth and along the jaw line."
    )
    assert judged(written(), swapped, "E1", "E2", "E3").faults == ("pairs_differ", "leaves_out")


def test_times_may_differ_by_half_a_second_and_no_more() -> None:
    near = written().model_copy(update={"segments": [segment(9.4, 20.6, "voice", "voice", 0.84, "E5")]})
    assert judged(near, "Between 00:09 and 00:21 the voice sounds manipulated (probability 0.84).", "E5").faults == ()
    far = "Between 00:09 and 00:22 the voice sounds manipulated (probability 0.84)."
    assert "stretch_not_in_evidence" in judged(near, far, "E5").faults


def test_ids_within_the_text_count_as_cited_and_are_taken_out() -> None:
    one = judged(written(), "The voice sounds manipulated between 00:09 and 00:21 (probability 0.84) [E5].", "E5")
    assert one.faults == () and "E5" not in one.sentence.text
    bad = judged(written(), "The voice sounds manipulated between 00:09 and 00:21 (probability 0.84) [E99].", "E5")
    assert bad.faults == ("unknown_evidence",)


def test_a_number_belongs_to_the_subject_named_last_before_it() -> None:
    said = claims("The face of person-1 (0.9) and the voice (0.2) from 00:01 to 00:02.")
    assert [(subject, number.value) for subject, _, number in said.numbers] == [("person-1", 0.9), ("voice", 0.2)]
    assert said.spans == (("voice", (1.0, 2.0)),)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_every_language_tells_the_same_numbers_times_and_persons_on_the_same_evidence(code: str) -> None:
    here, there = written().narrative, renarrate(written(), translate(code)).narrative

    def figures(text: str) -> list[str]:
        return sorted(re.findall(r"person-\d+|\d+(?::\d\d)*(?:[.,]\d+)?", text.replace(",", ".")))

    assert [figures(s.text) for s in here.sentences] == [figures(s.text) for s in there.sentences]
    assert [s.evidence for s in here.sentences] == [s.evidence for s in there.sentences]
    assert there.language == code
