"""Whether the language model that a setting names answers: one real question, its answer and how long it took.

It is asked in a child process (`python -m unmask.llm.check`): LangChain is large, and a web server that asks once in a
month should not carry it for the rest of the time. The settings reach the child as they reach an analysis: by the
environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args
from urllib.parse import urldefrag, urlsplit

from pydantic import BaseModel, Field

from unmask.llm.errors import Code, LlmError
from unmask.llm.models import KEY, open_model, shown_name

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from unmask.settings import Settings

Role = Literal["wording", "vision"]
"""What a model is for: `wording` may put the narrative otherwise, `vision` looks at frames."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SETTINGS: Final[Mapping[Role, str]] = {"wording": "UNMASK_LLM", "vision": "UNMASK_VISION_LLM"}
KEY_NAMES: Final[Mapping[str, str]] = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "azure_openai": "AZURE_OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "xai": "XAI_API_KEY",
}
"""Where the libraries of providers look for a key."""

LONGEST: Final = 500
"""Most characters of an answer that are shown."""
_BEGINS: Final = 120.0
"""Seconds that a child may take before it asks: imports, and the loading of a local model."""
_WORDING: Final = """Say this sentence in other words: "The movement of the lips fits the voice."
Answer with JSON only: {"sentence": "..."}."""
_VISION: Final = """Say in one short sentence which colour this picture has.
Answer with JSON only: {"sentence": "..."}."""


class Reply(BaseModel):
    """The form of an answer. An analysis asks for one too: a model that can't keep to a form is of no use there."""

    sentence: str = Field(description="One short sentence.")


class ShortReply(Reply):
    """The same within a limit, which a local server enforces while it writes."""

    sentence: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a setting names, as far as it may be shown: never a key, nor a path of this machine.

    Attributes:
        role: what the model is for.
        setting: the variable that names it.
        model: its name, as results show it; None where none is set.
        kind: a provider's model, one behind an address, or one on this machine; None where none is set.
        host: the address' host and port.
        key_name: the variable that its key is read from; None where none is needed or the name is not known.
        key_set: whether that variable is set.
    """

    role: Role
    setting: str
    model: str | None = None
    kind: Literal["provider", "address", "local"] | None = None
    host: str | None = None
    key_name: str | None = None
    key_set: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking.

    Attributes:
        code: what went wrong; None when it answered.
        answer: the model's sentence. It is text from outside.
        seconds: from the question to the answer or the refusal, without the time to load a local model.
    """

    code: Code | None
    answer: str
    seconds: float


def spec_of(settings: Settings, role: Role) -> str | None:
    """The setting of that role."""
    return settings.llm if role == "wording" else settings.vision_llm


def describe(settings: Settings, role: Role) -> Connection:
    """What is set up for a role."""
    spec, setting = spec_of(settings, role), SETTINGS[role]
    if spec is None:
        return Connection(role, setting)
    name = shown_name(spec)
    if spec.startswith("local"):
        return Connection(role, setting, name, "local")
    if spec.startswith("http"):
        parts = urlsplit(urldefrag(spec).url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        return Connection(role, setting, name, "address", host, KEY, KEY in os.environ)
    key = KEY_NAMES.get(spec.partition(":")[0])
    return Connection(role, setting, name, "provider", None, key, key is not None and bool(os.environ.get(key)))


def ask_once(settings: Settings, role: Role) -> Checked:
    """Ask now, in this process."""
    from unmask.llm.ask import ask

    spec = spec_of(settings, role)
    if spec is None:
        return Checked("llm_not_configured", "", 0.0)
    began = time.monotonic()
    try:
        with open_model(spec, seconds=settings.llm_seconds, seed=settings.seed) as model:
            began = time.monotonic()
            form = ShortReply if spec.startswith("local") else Reply
            reply = ask(model, [_question(role)], form, settings.llm_seconds)
    except LlmError as failed:
        return Checked(failed.code, "", _since(began))
    return Checked(None, reply.sentence[:LONGEST], _since(began))


def check(role: Role, seconds: float) -> Checked:
    """Ask in a child process; `seconds` is the longest wait for the answer itself, as the settings say."""
    began = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "unmask.llm.check", role],
            capture_output=True,
            timeout=seconds + _BEGINS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Checked("llm_timeout", "", _since(began))
    try:
        return Checked(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):  # it broke down: a local model that takes the process with it does so
        return Checked("llm_unreachable", "", _since(began))


def _question(role: Role) -> BaseMessage:
    from langchain_core.messages import HumanMessage

    if role == "wording":
        return HumanMessage(_WORDING)
    picture = {"type": "image", "base64": _picture(), "mime_type": "image/png"}
    return HumanMessage(content_blocks=[{"type": "text", "text": _VISION}, picture])  # type: ignore[list-item]


def _picture() -> str:
    """A plain green picture: nothing of anybody's is sent for a test."""
    import base64
    import io

    from PIL import Image

    sink = io.BytesIO()
    Image.new("RGB", (96, 96), (20, 160, 60)).save(sink, "PNG")
    return base64.b64encode(sink.getvalue()).decode("ascii")


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def main() -> None:
    """What the child does: ask, and print what came of it as one line of JSON."""
    from unmask.settings import load

    role: Role = "vision" if sys.argv[1:] == ["vision"] else "wording"
    sys.stdout.write(json.dumps(asdict(ask_once(load(), role))) + "\n")


if __name__ == "__main__":
    main()
