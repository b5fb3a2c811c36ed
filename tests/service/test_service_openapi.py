"""The OpenAPI document holds: whatever is sent, no server error and no answer that it does not name.

`UNMASK_TEST_EXAMPLES` says how many requests are drawn for each operation and kind (well-formed, malformed).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

import support.schemes  # noqa: F401 - teaches it a kind of body
from unmask.access.scopes import SCOPES
from unmask.service.keys import create_key

EXAMPLES = int(os.environ.get("UNMASK_TEST_EXAMPLES", "4"))


@pytest.fixture
def key(shared_context, who):
    """A key that may do everything: what it is refused would not be looked at."""
    return create_key(shared_context, who.project, "tests", SCOPES)[1]


@pytest.fixture
def schema(served):
    config = SchemathesisConfig.from_path(Path(__file__).with_name("schemathesis.toml"))
    return schemathesis.openapi.from_url(f"{served.url}/v1/openapi.json", config=config, timeout=60)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_operation_answers_what_is_not_documented(schema, key, mode, monkeypatch):
    monkeypatch.delenv("UNMASK_LLM", raising=False)
    monkeypatch.delenv("UNMASK_VISION_LLM", raising=False)
    tried, failures = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()

        @bounds(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def explore(case):
            nonlocal tried
            tried += 1
            case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, timeout=60)

        if mode is GenerationMode.POSITIVE or _can_be_malformed(operation):
            try:
                explore()
            except BaseExceptionGroup as failure:
                failures.append(f"{operation.label}: {_in_words(failure)}")
    assert not failures, "\n\n".join(failures)
    assert tried >= EXAMPLES * 10


def _in_words(failure) -> str:
    return "\n".join([str(failure), *(str(one) for one in getattr(failure, "exceptions", ()))])


def _can_be_malformed(operation) -> bool:
    return bool(operation.body) or bool(operation.query) or bool(operation.path_parameters)


def test_every_operation_is_described(schema):
    for found in schema.get_all_operations():
        operation = found.ok().definition.raw
        assert operation["summary"]
        assert operation["operationId"]
        for status, answer in operation["responses"].items():
            assert answer["description"], (operation["operationId"], status)
            problem = answer.get("content", {}).get("application/problem+json")
            if int(status) >= 400 and problem is not None:
                for code, example in problem["examples"].items():
                    assert (example["value"]["code"], example["value"]["status"]) == (code, int(status))
