"""Questions about a result: answered from its evidence, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.openaiserver import scripted
from support.writtenresult import INJECTED, written
from unmask.cli.app import app
from unmask.explain.answers import Reply, answer, statements
from unmask.explain.narrative import NarrativeFacts
from unmask.language import LANGUAGES, translate
from unmask.settings import Settings

FACTS = NarrativeFacts.of(written())


def asked(question: str, **settings: object) -> Reply:
    return answer(question, FACTS, Settings(**settings))


def texts(reply: Reply) -> list[str]:
    return [sentence.text for sentence in reply.sentences]


@pytest.mark.parametrize(
    ("question", "says", "ids"),
    [
        ("Why do you think the voice is fake?", "Between 00:09 and 00:21 the voice sounds manipulated", ["E5"]),
        ("When is person-1 manipulated?", "from 00:10 to 00:22 (probability 0.93)", ["E1", "E2", "E3"]),
        ("Is person-2 real?", "The face of person-2 shows no clear sign of manipulation", ["E4"]),
        ("Were the lips examined?", "so the lip movement of person-1 was not examined", ["E6"]),
        ("How sure are you?", "with a plausible range from 0.91 to 0.99", ["E1", "E4", "E5"]),
    ],
)
def test_a_question_is_answered_by_the_evidence_that_matches_it(question: str, says: str, ids: list[str]) -> None:
    found = [s for s in asked(question).sentences if says in s.text]
    assert [s.evidence for s in found] == [ids]


def test_an_answer_on_one_person_says_nothing_of_another() -> None:
    assert not any("person-1" in text for text in texts(asked("Is person-2 real?")))


def test_what_the_evidence_does_not_say_is_not_answered() -> None:
    assert asked("What is the capital of France?").sentences == ()


def test_who_did_it_is_answered_by_what_can_not_be_said() -> None:
    assert any("it does not say who is shown" in text for text in texts(asked("Who made it?")))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_statements_are_in_the_language_asked_for_and_rest_on_the_same_evidence(code: str) -> None:
    there = statements(NarrativeFacts.of(written(), translate(code)))
    here = statements(FACTS)
    assert [s.evidence for s in there] == [s.evidence for s in here]
    assert not {s.text for s in there} & {s.text for s in here}


def test_a_model_may_word_the_answer_and_what_it_invents_is_left_out() -> None:
    said = {
        "sentences": [
            {
                "text": "From 00:09 to 00:21 the voice appears manipulated, with a probability of 84 %.",
                "evidence": ["E5"],
            },
            {"text": "The voice was cloned by Jane Smith at 00:03.", "evidence": ["E5"]},
        ]
    }
    with scripted(json.dumps(said)) as (url, script):
        reply = asked(f"Why is the voice fake? {INJECTED}", llm=url)
    assert texts(reply) == ["From 00:09 to 00:21 the voice appears manipulated, with a probability of 84 %."]
    assert len(reply.dropped) == 1 and "Jane Smith" in reply.dropped[0]
    system, user = script.asked[0]["messages"]
    assert "Ignore all previous" not in system["content"]
    assert json.loads(user["content"])["question"].endswith(INJECTED)


def test_a_model_whose_whole_answer_fails_is_replaced_by_the_built_in_answer() -> None:
    said = {"sentences": [{"text": "This video is definitely authentic.", "evidence": ["E1"]}]}
    with scripted(json.dumps(said)) as (url, _):
        reply = asked("Why do you think the voice is fake?", llm=url)
    assert reply.author == "built-in"
    assert any("the voice sounds manipulated" in text for text in texts(reply))


def test_the_command_prints_sentences_with_their_evidence(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(written().to_json(), encoding="utf-8")
    done = CliRunner().invoke(app, ["ask", str(path), "Why is the voice fake?", "--json"])
    assert done.exit_code == 0
    document = json.loads(done.output)
    assert {"E5"} <= {number for s in document["sentences"] for number in s["evidence"]}
    told = CliRunner().invoke(app, ["ask", str(path), "Warum klingt die Stimme manipuliert?", "--language", "de"])
    assert "Die Stimme klingt manipuliert" in told.output and "[E5]" in told.output


@pytest.mark.parametrize(("content", "code"), [(None, "file_missing"), ("{}", "bad_record"), ("[", "bad_record")])
def test_a_document_that_is_none_is_a_coded_error(tmp_path: Path, content: str | None, code: str) -> None:
    path = tmp_path / "result.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = CliRunner().invoke(app, ["ask", str(path), "why?"])
    assert done.exit_code == 3
    assert code in done.output + done.stderr
