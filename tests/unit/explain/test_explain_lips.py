from pathlib import Path

import pytest

from support import fakeresult
from unmask.explain.lipwords import lip_sentences
from unmask.explain.narrative import NarrativeFacts, narrate
from unmask.explain.synccurve import SyncCurve, draw_sync
from unmask.explain.words import reason_words, seems, subject_phrase
from unmask.report.figures import lanes
from unmask.report.gallery import gallery
from unmask.result import Evidence, Finding, Segment

TIMES = tuple(2.2 + t for t in (*range(6), *range(12, 20)))


def curve(offset=0.0, subject="person-1"):
    facts = {"windows": 5, "offset": offset, "confidence": 0.31, "offsets": [offset] * 4 + [0.6]}
    return Evidence(id="E9", kind="sync_curve", subject=subject, artifact=None, facts={"detector": "lip_sync", **facts})


def finding(probability=None, reason=None, subject="person-1"):
    state = "scored" if reason is None else "not_applicable"
    return Finding(detector="lip_sync", subject=subject, state=state, probability=probability, reason=reason)


def segment(start=10.0, end=13.0, probability=0.93):
    return Segment(
        start=start,
        end=end,
        detector="lip_sync",
        modality="audio_visual",
        subject="person-1",
        probability=probability,
        regions=["mouth"],
        evidence=["E9"],
    )


def with_lips(result, findings, segments=(), evidence=()):
    return result.model_copy(
        update={
            "findings": (*result.findings, *findings),
            "segments": (*result.segments, *segments),
            "evidence": (*result.evidence, *evidence),
        }
    )


def told(result):
    facts = NarrativeFacts(
        media=result.media,
        verdict=result.verdict,
        contributions=result.contributions,
        persons=result.persons,
        findings=result.findings,
        segments=result.segments,
        evidence=result.evidence,
    )
    return narrate(facts).text


def test_both_curves_are_drawn_the_same_every_time():
    made = SyncCurve("person-1", 25.0, TIMES, tuple(0.04 * (i % 3) for i in range(14)), (0.3,) * 14, ((10.0, 13.0),))
    assert draw_sync(made) == draw_sync(made)
    assert draw_sync(made).startswith(b"<?xml")


def test_a_single_window_can_be_drawn():
    assert draw_sync(SyncCurve("person-1", 4.0, (2.0,), (0.0,), (0.9,), ())).startswith(b"<?xml")


@pytest.mark.parametrize(("offset", "words"), [(0.24, "about 0.2 s too late"), (-0.4, "about 0.4 s too early")])
def test_a_steady_offset_is_told_with_its_direction(offset, words):
    found = list(lip_sentences([finding(0.95)], [], [curve(offset)]))
    assert words in found[0].text and found[0].evidence == ["E9"]


def test_a_usual_offset_is_not_told_and_innocent_reasons_always_are():
    (only,) = lip_sentences([], [segment()], [curve(0.08)])
    assert "nobody forged anything" in only.text and "translated speech" in only.text


def test_of_lips_that_fit_nothing_more_is_said():
    assert list(lip_sentences([finding(0.1)], [], [curve(0.3)])) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A made result, likely manipulated, of a video with two persons."""
    return fakeresult.manipulated(tmp_path_factory.mktemp("made"))


def test_the_narrative_says_that_lips_do_not_fit_the_voice(made):
    result = with_lips(made, [finding(0.95)], [segment()], [curve(0.24)])
    text = told(result)
    assert "the lip movement of person-1 does not fit the voice (probability 0.93)" in text
    assert "around the mouth" not in text.split("does not fit the voice")[1].split(".")[0]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("not_speaking", "The mouth does not move with speech, so the lip movement of person-1 was not examined"),
        ("face_too_small", "The face is too small in the picture, so the lip movement of person-1 was not examined"),
        ("too_short", "Nobody is heard for long enough while the face is seen, so the lip movement of person-1"),
    ],
)
def test_lips_that_were_not_examined_have_their_reason(made, reason, sentence):
    assert sentence in told(with_lips(made, [finding(reason=reason)]))


def test_many_people_who_do_not_speak_are_one_sentence(made):
    many = [finding(reason="not_speaking", subject=f"person-{n}") for n in range(1, 7)]
    assert "The lips of 6 people were not examined" in told(with_lips(made, many))


def test_words_of_lips():
    assert subject_phrase("lip_sync", "faces") == "the agreement of lips and voice"
    assert seems("lip_sync", "person-1", firm=False) == "the lip movement of person-1 seems not to fit the voice"
    assert seems("voice", "voice", firm=True) == "the voice sounds manipulated"
    assert seems("face", "person-2", firm=False) == "the face of person-2 looks suspicious"
    assert reason_words("lip_sync: still_picture") == "lips and voice: a still picture has no sound"


def test_the_report_has_a_row_for_the_lips_of_a_person(made):
    result = with_lips(made, [finding(0.95)], [segment()], [curve(0.24)])
    rows = lanes(result)
    own = [row for row in rows if row.note == "Lips and voice"]
    assert [len(row.blocks) for row in own] == [1]
    assert sum(len(row.blocks) for row in rows) == len(result.segments)


def test_the_report_explains_offset_and_confidence(made, tmp_path: Path):
    shown = made.model_copy(update={"evidence": (curve(0.24),)})
    (exhibit,) = gallery(shown, tmp_path)[0].exhibits
    assert "fits the lips best if it came 0.24 s earlier" in exhibit.text
    assert "confidence of 0.31" in exhibit.text
