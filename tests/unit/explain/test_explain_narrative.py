from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import fakemedia as drawn
from support import fakeresult as fake
from unmask.explain.narrative import NarrativeFacts, narrate
from unmask.report.record import media_facts
from unmask.result import Evidence, ExpectedError, Finding, Person, Result, Segment, Verdict


def facts_of(verdict: Verdict, kind: str = "video", **parts: Any) -> NarrativeFacts:
    values: dict[str, Any] = {"contributions": [], "persons": [], "findings": [], "segments": [], "evidence": []}
    return NarrativeFacts(media=media_facts(drawn.media(kind=kind)), verdict=verdict, **(values | parts))


def texts(facts: NarrativeFacts) -> list[str]:
    return [sentence.text for sentence in narrate(facts).sentences]


def numbers_in(value: Any) -> Iterator[float]:
    """All numbers of a document, however deep."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from numbers_in(part)


def unsupported(text: str, facts: list[float], counts: set[int]) -> list[str]:
    """Numbers in a sentence that are no rounding of any fact, with subjects' numbers left out."""
    wrong = []
    text = re.sub(r"person-\d+", "", text)
    for hours, minutes, seconds in re.findall(r"(?:(\d+):)?(\d\d):(\d\d(?:\.\d)?)", text):
        at = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
        if not any(abs(at - fact) <= 0.5 + 1e-6 for fact in facts):
            wrong.append(f"{minutes}:{seconds}")
    rest = re.sub(r"(?:\d+:)?\d\d:\d\d(?:\.\d)?", "", text)
    for token in re.findall(r"\d[\d,]*(?:\.\d+)?", rest):
        plain = token.rstrip(",").replace(",", "")
        digits = len(plain.partition(".")[2])
        if int(float(plain)) in counts and not digits:
            continue
        if not any(f"{fact:.{digits}f}" == plain for fact in facts):
            wrong.append(token)
    return wrong


@pytest.fixture(scope="module", params=sorted(fake.ALL))
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Result:
    made: Result = fake.ALL[request.param](Path(tmp_path_factory.mktemp(request.param)))
    return made


def test_every_number_comes_from_the_facts(result: Result) -> None:
    known = list(numbers_in(result.model_dump(mode="json", exclude={"narrative"})))
    error = result.verdict.expected_error
    counts = {round(error.false_alarm * error.n)} if error else set()
    known += [100 * end for end in error.interval] if error else []
    condition = error.condition if error else ""
    for sentence in result.narrative.sentences:
        assert unsupported(sentence.text.replace(condition, ""), known, counts) == [], sentence.text


def test_every_cited_id_is_in_the_result(result: Result) -> None:
    known = {evidence.id for evidence in result.evidence}
    cited = {id for sentence in result.narrative.sentences for id in sentence.evidence}
    assert cited <= known
    assert all(f"{id}" in result.narrative.text for id in cited)


def test_nothing_is_said_of_identity_or_intent(result: Result) -> None:
    for sentence in result.narrative.sentences[:-1]:
        assert not re.search(r"\b(fraud|intent|deceiv|fake|hoax|liar|lied|scam|criminal)", sentence.text.lower())


def test_the_words_never_contradict_the_verdict(result: Result) -> None:
    first = result.narrative.sentences[0].text.lower()
    phrase = {
        "likely_manipulated": "is likely manipulated",
        "likely_authentic": "is likely authentic",
        "inconclusive": "came to no conclusion",
        "not_assessable": "could not be assessed",
    }[result.verdict.label]
    assert phrase in first
    if result.verdict.label != "likely_manipulated":
        assert " looks manipulated" not in result.narrative.text
        assert " sounds manipulated" not in result.narrative.text


def test_a_segment_is_told_with_its_time_place_and_evidence(tmp_path: Path) -> None:
    heat = Evidence(id="E3", kind="heat_map", subject="person-1", artifact=None, facts={})
    segment = Segment(
        start=10.0,
        end=22.0,
        detector="face",
        modality="video",
        subject="person-1",
        probability=0.93,
        regions=["mouth"],
        evidence=["E3"],
    )
    facts = facts_of(fake.verdict("likely_manipulated", 3.0, (0.9, 0.98)), segments=[segment], evidence=[heat])
    told = next(s for s in narrate(facts).sentences if "person-1" in s.text)
    assert told.text == (
        "Between 00:10 and 00:22 the face of person-1 looks manipulated (probability 0.93), "
        "most of all around the mouth."
    )
    assert told.evidence == ["E3"]
    assert "around the mouth [E3]." in narrate(facts).text


def test_what_was_not_examined_is_said_with_its_reason() -> None:
    verdict = fake.verdict("likely_authentic", -1.2, (0.1, 0.4))
    said = texts(facts_of(verdict, findings=[fake.unscored("voice", "voice", "no_speech")]))
    assert "No speech was found, so the voice was not examined." in said
    small = texts(facts_of(verdict, findings=[fake.unscored("face", "person-2", "face_too_small")]))
    assert "The face of person-2 is too small in the picture to be examined." in small
    unknown = texts(facts_of(verdict, findings=[fake.unscored("voice", "voice", "<b>odd</b>")]))
    assert "It does not apply here, so the voice was not examined." in unknown


def test_a_failure_counts_for_neither_side_and_its_raw_text_is_not_told() -> None:
    verdict = fake.verdict("inconclusive", 0.2, (0.2, 0.8), "interval_too_wide")
    said = " ".join(texts(facts_of(verdict, findings=[fake.unscored("voice", "voice", "Trace: /root/x", "failed")])))
    assert "broke down, so it counts neither for nor against" in said
    assert "/root" not in said


def test_the_expected_error_is_told_in_plain_counts() -> None:
    def said(rate: float) -> str:
        error = ExpectedError(false_alarm=rate, interval=(0.0, 0.1), n=1200, condition="")
        verdict = fake.verdict("likely_manipulated", 2.0, (0.7, 0.95)).model_copy(update={"expected_error": error})
        return next(t for t in texts(facts_of(verdict)) if "mistakes" in t)

    assert said(0.031).startswith("Of 1,200 real videos like this one that were measured, 37 were called manipulated")
    assert "measured, 1 was called" in said(1 / 1200)
    assert "measured, none was called" in said(0.0)
    assert said(0.0).endswith("may lie anywhere from 0 to 10 %.")


def test_an_unknown_error_is_not_invented() -> None:
    verdict = fake.verdict("likely_manipulated", 2.0, (0.7, 0.95)).model_copy(update={"expected_error": None})
    assert not any("by mistake" in text for text in texts(facts_of(verdict)))


def test_a_crowd_is_told_in_few_sentences() -> None:
    crowd = [fake.finding("face", f"person-{i}", 0.05 + i / 100, 0.02, 0.3, 40) for i in range(1, 13)]
    small = [fake.unscored("face", f"person-{i}", "face_too_small") for i in range(13, 40)]
    said = texts(facts_of(fake.verdict("likely_authentic", -1.0, (0.1, 0.4)), findings=crowd + small))
    assert "12 faces show no clear sign of manipulation (highest probability 0.17)." in said
    assert "27 faces are too small in the picture to be examined." in said
    assert len(said) < 8


def test_a_small_face_is_named_as_a_limit() -> None:
    person = Person(subject="person-1", first_seen=0, last_seen=9, frames=30, median_face_px=61.6)
    facts = facts_of(
        fake.verdict("likely_authentic", -1.0, (0.1, 0.4)),
        persons=[person],
        findings=[fake.finding("face", "person-1", 0.1, 0.02, 0.4, 30)],
    )
    assert any("about 62 pixels across" in text for text in texts(facts))


def test_a_picture_is_called_a_picture_and_has_no_stretches() -> None:
    segment = fake.segment(0.0, 0.25, "face", "person-1", 0.91)
    found: list[Finding] = [fake.finding("face", "person-1", 0.91, 0.7, 0.97, 1)]
    said = texts(
        facts_of(fake.verdict("likely_manipulated", 2.0, (0.7, 0.9)), "image", segments=[segment], findings=found)
    )
    assert said[0].startswith("This picture is likely manipulated")
    assert not any("00:" in text for text in said)


@settings(max_examples=60, deadline=None)
@given(
    label=st.sampled_from(["likely_manipulated", "likely_authentic", "inconclusive"]),
    spans=st.lists(
        st.tuples(st.floats(0, 25), st.floats(0.5, 6), st.floats(0.6, 0.997), st.sampled_from(["person-1", "voice"])),
        max_size=9,
    ),
)
def test_any_segments_give_sentences_that_end_well(label: Any, spans: list[tuple[float, float, float, str]]) -> None:
    segments = [
        fake.segment(start, start + length, "voice" if subject == "voice" else "face", subject, p)
        for start, length, p, subject in spans
    ]
    said = texts(facts_of(fake.verdict(label, 0.5, (0.2, 0.9)), segments=segments))
    assert all(text.endswith(".") and "  " not in text and ".." not in text for text in said)
    known = [n for s in segments for n in (s.start, s.end, s.probability)] + [0.5, 0.2, 0.9, 31.2]
    known.append(fake.verdict(label, 0.5, (0.2, 0.9)).probability or 0)
    for text in said[1:]:
        if "mistakes" not in text:
            assert unsupported(text, known, {len(segments), *range(10)}) == [], text
