"""Places on the page follow the numbers of the result."""

import math

import pytest

from support.rows import result
from unmask.language import translate
from unmask.result import Contribution, Evidence, Finding, Narrative, Person, Segment, Sentence
from unmask.web import exhibits, view
from unmask.web.extras import local
from unmask.web.kinds import media_type
from unmask.web.render import commands, size

EN = translate("en")


def made(**changes):
    base = result("01KB0000000000000000000000")
    segment = Segment(
        start=2.5,
        end=5.0,
        detector="face",
        modality="video",
        subject="person-1",
        probability=0.9,
        regions=[],
        evidence=["E1"],
    )
    values = {
        "persons": [Person(subject="person-1", first_seen=1.25, last_seen=12.5, frames=9, median_face_px=90)],
        "segments": [segment],
        "contributions": [
            Contribution(source="face", subject="person-1", log_odds=2.0, evidence=["E1"]),
            Contribution(source="voice", subject="voice", log_odds=math.log(9) - 2.0, evidence=[]),
        ],
        "evidence": [
            Evidence(
                id="E1", kind="signal_curve", subject="person-1", artifact="evidence/e1.svg", facts={"highest_at": 3}
            ),
            Evidence(id="E2", kind="provenance_fact", subject="media", artifact=None, facts={}),
        ],
    }
    return base.model_copy(update=values | changes)


def test_a_lane_for_each_scored_finding_with_its_segments_in_percent_of_the_film():
    (lane,) = view.lanes(made(), EN)
    assert (lane.x, lane.width) == (10.0, 90.0)
    assert [(block.x, block.width, block.number) for block in lane.blocks] == [(20.0, 20.0, 0)]


def test_a_still_picture_has_no_timeline():
    base = made()
    assert view.lanes(base.model_copy(update={"media": base.media.model_copy(update={"kind": "image"})}), EN) == ()


def test_the_bars_begin_at_the_prior_and_end_at_the_answer():
    fall = view.waterfall(made(), EN)
    assert [bar.kind for bar in fall.bars] == ["start", "up", "up", "total"]
    assert fall.bars[-1].value == pytest.approx(math.log(9))
    assert sum(bar.value for bar in fall.bars[:-1]) == pytest.approx(fall.bars[-1].value)
    even = next(x for x, percent in fall.ticks if percent == 50)
    assert fall.bars[-1].x == pytest.approx(even)
    assert all(0 <= bar.x <= bar.x + bar.width <= 100 for bar in fall.bars)


def test_without_a_probability_nothing_adds_up():
    base = made()
    verdict = base.verdict.model_copy(update={"probability": None, "prior_log_odds": None})
    assert view.waterfall(base.model_copy(update={"verdict": verdict}), EN) is None


def test_a_sentence_leads_to_the_segment_that_shares_most_evidence():
    narrative = Narrative(
        text="",
        sentences=[
            Sentence(text="a", evidence=["E1"]),
            Sentence(text="b", evidence=["E2"]),
            Sentence(text="c", evidence=[]),
        ],
        author="built-in",
        dropped=[],
    )
    found = exhibits.places(made(narrative=narrative))
    assert found == {"0": exhibits.Place(2.5, 5.0)}
    assert exhibits.places(made(narrative=narrative, segments=[]))["0"] == exhibits.Place(3.0, 3.0)


def test_evidence_shows_only_files_that_are_there():
    assert exhibits.exhibits(made(), {"evidence/e1.svg"})[0].files == (exhibits.File("image", "evidence/e1.svg"),)
    assert exhibits.exhibits(made(), set())[0].files == ()
    strange = Evidence(
        id="E1", kind="clip", subject="x", artifact="evidence/e1.html", facts={"more": {"a": 7, "b": "x.exe"}}
    )
    assert exhibits.exhibits(made(evidence=[strange]), {"evidence/e1.html", "x.exe"})[0].files == ()


def test_findings_without_a_score_have_no_lane():
    failed = Finding(detector="face", subject="person-1", state="failed", reason="broken")
    assert view.lanes(made(findings=[failed]), EN) == ()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (3661.25, "1:01:01.3"), (-1, "0:00.0")]
)
def test_times_carry_over(seconds, text):
    assert view.clock(seconds, tenths=True) == text


@pytest.mark.parametrize("length", [0.2, 1, 15.2, 300, 20_000])
def test_a_timeline_has_some_round_times_and_not_too_many(length):
    marks = view.ticks(length)
    assert 1 <= len(marks) <= view.LARGEST_TICKS + 1
    assert all(0 <= x <= 100 for x, _ in marks)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom\0\0\0\0", "video/mp4"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"<!doctype html>", "application/octet-stream"),
        (b'<svg xmlns="http', "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_bytes_are_never_served_as_something_that_can_run(head, kind):
    assert media_type(head) == kind


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil", "javascript:1", "", "/a\nb"])
def test_going_back_never_leads_elsewhere(address):
    assert local(address) == "/"


def test_going_back_leads_to_our_own_pages():
    assert local("/analyses?q=a%20b") == "/analyses?q=a%20b"


def test_a_command_in_a_message_is_set_as_such_and_the_rest_is_text():
    assert commands("<b> `unmask <x>` &") == "&lt;b&gt; <code>unmask &lt;x&gt;</code> &amp;"
    assert commands("no command") == "no command"


def test_sizes_read_well():
    assert [size(n) for n in (0, 999, 1500, 4_294_967_296)] == ["0 B", "999 B", "1.5 kB", "4.3 GB"]
