"""The test of a language model's connection: really asked, and told with a code where it does not answer."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from support.openaiserver import Raw, Silence, scripted
from unmask.llm import check
from unmask.llm.local import model_file
from unmask.settings import load

KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Nothing of the environment's own."""
    for name in ("UNMASK_LLM", "UNMASK_VISION_LLM", "UNMASK_LLM_SECONDS", *check.KEY_NAMES.values()):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UNMASK_LLM_KEY", KEY)


def answering(sentence="The lips move as the voice does."):
    return scripted(json.dumps({"sentence": sentence}))


def test_what_is_not_set_up_is_told_so():
    settings = load()
    assert asdict(check.describe(settings, "wording")) == {
        "role": "wording",
        "setting": "UNMASK_LLM",
        "model": None,
        "kind": None,
        "host": None,
        "key_name": None,
        "key_set": False,
    }
    assert check.ask_once(settings, "vision").code == "llm_not_configured"


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("openai:gpt-4o", ("openai:gpt-4o", "provider", None, "OPENAI_API_KEY", False)),
        ("nobody:model", ("nobody:model", "provider", None, None, False)),
        (
            "http://llm.example:8000/v1?token=hidden#qwen3",
            ("llm.example:qwen3", "address", "llm.example:8000", "UNMASK_LLM_KEY", True),
        ),
        ("local:/home/somebody/small.gguf", ("local:small.gguf", "local", None, None, False)),
    ],
)
def test_a_connection_shows_neither_key_nor_path(spec, shown):
    found = check.describe(load({"llm": spec}), "wording")
    assert (found.model, found.kind, found.host, found.key_name, found.key_set) == shown
    for secret in (KEY, "hidden", "somebody"):
        assert secret not in str(found)


def test_a_model_is_really_asked_by_a_child_with_the_settings_of_the_environment(monkeypatch):
    with answering() as (url, script):
        monkeypatch.setenv("UNMASK_LLM", f"{url}#small")
        found = check.check("wording", 60)
    assert (found.code, found.answer) == (None, "The lips move as the voice does.")
    assert 0 < found.seconds < 60
    assert len(script.asked) == 1
    assert script.asked[0]["model"] == "small"
    sent = {name.lower(): value for name, value in script.headers[0].items()}
    assert sent["authorization"] == f"Bearer {KEY}"


def test_a_vision_model_gets_a_picture():
    with answering("It is green.") as (url, script):
        found = check.ask_once(load({"vision_llm": url}), "vision")
    assert found.answer == "It is green."
    parts = script.asked[0]["messages"][0]["content"]
    assert any("image" in part["type"] for part in parts)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Raw(401, json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()), "llm_refused"),
        (Raw(500, b"broken"), "llm_refused"),
        ("no JSON at all", "llm_malformed"),
        (Silence(20), "llm_timeout"),
        (Silence(20, drips=True), "llm_timeout"),
    ],
)
def test_what_went_wrong_has_a_code_and_no_word_of_the_other_side(answer, code):
    with scripted(answer) as (url, _script):
        found = check.ask_once(load({"llm": url, "llm_seconds": 2.0}), "wording")
    assert (found.code, found.answer) == (code, "")
    assert KEY not in str(found)
    assert found.seconds < 10


def test_nobody_at_the_address_is_told():
    assert check.ask_once(load({"llm": "http://127.0.0.1:9/v1"}), "wording").code == "llm_unreachable"


def test_an_answer_without_end_is_cut():
    with answering("word " * 400) as (url, _script):
        assert len(check.ask_once(load({"llm": url}), "wording").answer) == check.LONGEST


@pytest.mark.slow
def test_the_model_that_a_package_carries_answers(monkeypatch):
    pytest.importorskip("xllamacpp")
    assert model_file().is_file()
    monkeypatch.setenv("UNMASK_LLM", "local")
    found = check.check("wording", 60)
    assert found.code is None, found
    assert found.answer
