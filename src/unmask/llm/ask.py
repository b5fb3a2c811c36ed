"""One question to a chat model, one answer in a fixed form, within a fixed time."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from unmask.llm.errors import Code, LlmError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

T = TypeVar("T", bound=BaseModel)

_CODES: tuple[tuple[Code, tuple[str, ...]], ...] = (
    ("llm_timeout", ("TimeoutError", "APITimeoutError", "TimeoutException")),
    ("llm_unreachable", ("ConnectionError", "APIConnectionError", "ConnectError", "TransportError")),
    ("llm_malformed", ("ValueError", "LookupError", "TypeError", "LengthFinishReasonError")),
)
"""Codes by the names of exceptions: every provider's library raises its own, and none is imported to name them."""


def ask(model: BaseChatModel, messages: Sequence[BaseMessage], schema: type[T], seconds: float) -> T:
    """The answer as a `schema`. Raises LlmError with the code of what went wrong, at the latest after `seconds`.

    The call runs in a thread of its own: a server that sends a byte now and then would outlast any socket's time-out.
    """
    answers: Queue[T | BaseException] = Queue()

    def run() -> None:
        try:
            answers.put(_call(model, messages, schema))
        except BaseException as broken:  # handed to the one who waits
            answers.put(broken)

    Thread(target=run, daemon=True, name="unmask-llm").start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise LlmError("llm_timeout", f"no answer within {seconds:.0f} s") from None
    if isinstance(answer, LlmError):
        raise answer
    if isinstance(answer, BaseException):
        raise LlmError(_code(answer), f"{type(answer).__name__}: {answer}"[:300]) from answer
    return answer


def _call(model: BaseChatModel, messages: Sequence[BaseMessage], schema: type[T]) -> T:
    from langchain_core.output_parsers import PydanticOutputParser
    from langsmith import tracing_context

    with tracing_context(enabled=False):  # nothing is sent to anybody but the model, whatever the environment says
        try:
            structured = model.with_structured_output(schema)
        except NotImplementedError:
            parser: PydanticOutputParser[T] = PydanticOutputParser(pydantic_object=schema)
            parsed: T = parser.invoke(model.invoke(list(messages)))
            return parsed
        answer = structured.invoke(list(messages))
    if not isinstance(answer, schema):
        raise LlmError("llm_malformed", "no answer in the form asked for")
    return answer


def _code(broken: BaseException) -> Code:
    names = {kind.__name__ for kind in type(broken).__mro__}
    return next((code for code, known in _CODES if names & set(known)), "llm_refused")
