"""From a setting to a LangChain chat model. Keys come from the environment only, and never into a result.

`openai:gpt-4o`, `anthropic:claude-sonnet-4-5`, `ollama:llava` and any other provider whose LangChain package is
installed; `http://host:8000/v1#model` for any server that speaks OpenAI's protocol (key in `UNMASK_LLM_KEY`, if it
wants one); `local` or `local:/path/model.gguf` for a model in a child process.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from unmask.llm.errors import LlmError
from unmask.llm.local import model_file, serve

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

KEY = "UNMASK_LLM_KEY"
MOST_TOKENS = 1500
"""Longest answer, in tokens."""
MOST_LOCAL_TOKENS = 400
"""The same for a model on this machine: a small one that loses the thread would go on to any limit."""
SPEC = re.compile(r"local(:.+)?|https?://\S+|[a-z][a-z0-9_-]*:(?!//)\S+")


def fault(spec: str) -> str | None:
    """What is wrong with such a setting; None when nothing is."""
    if not SPEC.fullmatch(spec):
        return "not a model: write provider:name, an http(s) URL, or local[:file.gguf]"
    if spec.startswith("http") and urlsplit(spec).password is not None:
        return f"no passwords in the URL: the key goes into {KEY}"
    return None


def shown_name(spec: str) -> str:
    """The model's name as results show it: no path of this machine, no address but its host."""
    if spec.startswith("local"):
        return f"local:{Path(spec.partition(':')[2] or model_name()).name}"
    if spec.startswith("http"):
        url, name = urldefrag(spec)
        return f"{urlsplit(url).hostname}:{name or 'default'}"
    return spec


def model_name() -> str:
    """The name of the small model that a package carries, or "none"."""
    try:
        return model_file().name
    except LlmError:
        return "none"


@contextmanager
def open_model(spec: str, *, seconds: float, seed: int) -> Iterator[BaseChatModel]:
    """The chat model that the setting names, as steady as it can be set; a local one ends with the block.

    Raises:
        LlmError: no such provider, no key, no model file, or it does not start.
    """
    if spec.startswith("local"):
        path = model_file(spec.partition(":")[2])
        with serve(path) as url, _at_url(url, seconds, seed, MOST_LOCAL_TOKENS) as model:
            yield model
    elif spec.startswith("http"):
        with _at_url(spec, seconds, seed) as model:
            yield model
    else:
        yield _of_provider(spec, seconds)


@contextmanager
def _at_url(url: str, seconds: float, seed: int, tokens: int = MOST_TOKENS) -> Iterator[BaseChatModel]:
    import httpx
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    base, name = urldefrag(url)
    near = urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1")
    with httpx.Client(trust_env=not near, timeout=seconds) as client:  # no proxy between us and this machine
        yield ChatOpenAI(
            base_url=base,
            model=name or "default",
            api_key=SecretStr(os.environ.get(KEY, "none")),
            temperature=0,
            seed=seed,
            timeout=seconds,
            max_retries=0,
            max_completion_tokens=tokens,
            http_client=client,
        )


def _of_provider(spec: str, seconds: float) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    provider, _, name = spec.partition(":")
    options: dict[str, Any] = {"timeout": seconds, "max_retries": 0, "max_tokens": MOST_TOKENS}
    if provider == "ollama":
        options = {"client_kwargs": {"timeout": seconds}, "num_predict": MOST_TOKENS}
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, temperature=0, **options)
    except Exception as refused:  # an unknown provider, a missing package or key: each raises what it likes
        raise LlmError("llm_not_configured", f"{type(refused).__name__}") from refused
    return model
