"""The language models that the environment names: what is set up, and whether it answers. Nothing is stored here."""

from __future__ import annotations

import threading
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from unmask.api.deps import KEYED, Admin
from unmask.api.problems import responses
from unmask.api.schemas import Given
from unmask.llm import check
from unmask.llm.check import Connection, Role
from unmask.llm.errors import Code, note_words
from unmask.service.errors import Busy
from unmask.settings import load

router = APIRouter(prefix="/language-model", tags=["language model"], dependencies=KEYED)
_ONE_AT_A_TIME = threading.Lock()


class ConnectionOut(BaseModel):
    """What is set up for one role. Keys are never shown, only whether the variable is set that holds one."""

    role: Role = Field(description="`wording` may put the narrative otherwise, `vision` looks at frames.")
    setting: str = Field(description="The environment variable that names it.", examples=["UNMASK_LLM"])
    model: str | None = Field(description="Null: none is set.", examples=["openai:gpt-4o"])
    kind: Literal["provider", "address", "local"] | None
    host: str | None
    key_name: str | None = Field(description="The variable that its key is read from.", examples=["OPENAI_API_KEY"])
    key_set: bool

    @classmethod
    def of(cls, found: Connection) -> ConnectionOut:
        """From what the settings say."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class LanguageModels(BaseModel):
    """The language models of this server."""

    source: Literal["environment"] = Field(description="Where the settings come from: nothing can be stored here.")
    seconds: float = Field(description="Longest wait for one answer.")
    connections: list[ConnectionOut]


class NewCheck(Given):
    """Which of the models is asked."""

    role: Role = "wording"


class CheckOut(BaseModel):
    """What came of asking. A model that does not answer is no error of this server: `code` says what was wrong."""

    role: Role
    model: str | None
    answered: bool
    answer: str = Field(description="The model's sentence; text from outside.")
    code: Code | None
    message: str = Field(description="The code in words.")
    seconds: float = Field(description="From the question to the answer or the refusal.")


@router.get("", response_model=LanguageModels, summary="What is set up", responses=responses())
def show(who: Admin) -> LanguageModels:  # noqa: ARG001 - asking needs a key, and nothing else
    """As this process reads it. Workers with another environment may have other models."""
    settings = load()
    found = [ConnectionOut.of(check.describe(settings, role)) for role in check.ROLES]
    return LanguageModels(source="environment", seconds=settings.llm_seconds, connections=found)


@router.post("/test", response_model=CheckOut, summary="Ask a model now", responses=responses(Busy))
def test(who: Admin, given: NewCheck) -> CheckOut:  # noqa: ARG001 - as above
    """One question that holds nothing of anybody's, asked from this machine. It can take as long as `seconds` says."""
    settings = load()
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise Busy("A model is being asked already.", settings.llm_seconds)
    try:
        connection = check.describe(settings, given.role)
        found = (
            check.check(given.role, settings.llm_seconds) if connection.model else check.ask_once(settings, given.role)
        )
    finally:
        _ONE_AT_A_TIME.release()
    return CheckOut(
        role=given.role,
        model=connection.model,
        answered=found.code is None,
        answer=found.answer,
        code=found.code,
        message=note_words(found.code) if found.code else "",
        seconds=found.seconds,
    )
