"""The frame review: a fixed form, an opinion, and never a word of the model's own."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from support.openaiserver import Scripted, scripted
from support.writtenresult import evidence, written
from unmask.detectors.frame_review import QUESTIONS, WEIGHT
from unmask.explain.narrative import NarrativeFacts, narrate
from unmask.explain.opinions import opinions
from unmask.result import Evidence
from unmask.settings import Settings

NORMAL = dict.fromkeys(QUESTIONS, "normal")
PICTURES = {f"evidence/e{n}-{end}": f"{n} {end}".encode() for n in (1, 2, 3, 4) for end in ("crop.png", "frame.jpg")}


def face(number: int, probability: float, role: str) -> Evidence:
    more = {"crop": f"evidence/e{number}-crop.png", "frame": f"evidence/e{number}-frame.jpg"}
    return evidence(
        number, "heat_map", "face", "person-1", time=float(number), probability=probability, role=role, more=more
    )


FACES = [face(1, 0.6, "segment"), face(2, 0.9, "segment"), face(3, 0.99, "most_suspicious"), face(4, 0.7, "segment")]


def reviewed(answer: Scripted, faces: list[Evidence] = FACES, pictures: Any = PICTURES) -> Any:
    with scripted(answer) as (url, script):
        found, notes = opinions(faces, dict(pictures), Settings(vision_llm=f"{url}#llava", llm_seconds=20.0))
    return found, notes, script


def test_without_a_setting_no_model_is_asked() -> None:
    assert opinions(FACES, PICTURES, Settings()) == ([], [])


def test_the_strongest_segments_frames_and_faces_are_sent_as_pictures() -> None:
    found, notes, script = reviewed(json.dumps(NORMAL))
    assert notes == []
    assert [item.facts["of"] for item in found] == ["E2", "E4", "E1"]  # by score; what is in no segment comes last
    content = script.asked[0]["messages"][1]["content"]
    sent = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    kinds, data = zip(*(url.removeprefix("data:").split(";base64,") for url in sent), strict=True)
    assert kinds == ("image/jpeg", "image/png")
    assert [base64.b64decode(part) for part in data] == [b"2 frame.jpg", b"2 crop.png"]


def test_an_opinion_is_evidence_of_its_own_kind_that_weighs_nothing() -> None:
    (item, *_), _, _ = reviewed(json.dumps(NORMAL | {"teeth": "odd", "lighting": "odd"}))
    assert (item.id, item.kind, item.facts["weight"]) == ("E5", "frame_review", WEIGHT)
    assert WEIGHT == 0.0
    assert item.facts["model"] == "127.0.0.1:llava"


def test_the_words_say_that_it_is_an_opinion() -> None:
    base = written()
    (item, *_), _, _ = reviewed(json.dumps(NORMAL | {"teeth": "odd", "lighting": "odd"}))
    with_opinion = base.model_copy(update={"evidence": [*base.evidence, item.model_copy(update={"id": "E8"})]})
    said = [s for s in narrate(NarrativeFacts.of(with_opinion)).sentences if s.evidence == ["E8"]]
    assert len(said) == 1
    assert "calls this odd: teeth and lighting; that is an opinion and adds nothing to the score." in said[0].text


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(NORMAL | {"teeth": "this is Jane Smith, a forgery"}),
        json.dumps({"teeth": "odd"}),
        "The face looks fake to me.",
    ],
    ids=["a word of its own", "half an answer", "prose"],
)
def test_what_is_not_in_the_form_is_left_out_with_a_note(answer: str) -> None:
    found, notes, _ = reviewed(answer)
    assert found == []
    assert notes == ["frame_review: llm_malformed"]


def test_words_beside_the_form_are_not_kept() -> None:
    found, _, _ = reviewed(json.dumps(NORMAL | {"comment": "this is Jane Smith"}))
    assert "Jane" not in "".join(item.model_dump_json() for item in found)


def test_a_face_whose_pictures_are_missing_is_not_sent() -> None:
    found, notes, script = reviewed(json.dumps(NORMAL), [face(9, 0.9, "segment")])
    assert (found, notes, script.asked) == ([], [], [])
