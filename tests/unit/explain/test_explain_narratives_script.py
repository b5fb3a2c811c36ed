"""The independent counting of scripts/narratives.py can fail, and its variations stay results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from support.writtenresult import written

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture()
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
    import narratives

    return narratives


@pytest.mark.parametrize(
    ("text", "ids", "wrong"),
    [
        ("Between 00:09 and 00:21 the voice sounds manipulated (probability 0.84).", ["E5"], []),
        ("Between 00:09 and 00:50 the voice sounds manipulated (probability 0.84).", ["E5"], ["00:50"]),
        ("Between 00:09 and 00:21 the voice sounds manipulated (probability 0.85).", ["E5"], ["0.85"]),
        ("The face of person-2 shows no clear sign of manipulation (11 %).", ["E4"], []),
        ("The face of person-2 shows no clear sign of manipulation (12 %).", ["E4"], ["12"]),
    ],
)
def test_unsupported_numbers_and_times_are_counted(script: Any, text: str, ids: list[str], wrong: list[str]) -> None:
    document = json.loads(written().to_json())
    assert script.unsupported(text, script.held(document, ids)) == wrong


@pytest.mark.parametrize("number", range(12))
def test_a_variation_is_a_result_whose_own_wording_is_supported(script: Any, number: int) -> None:
    from unmask.explain.narrative import NarrativeFacts, told

    result = script.variation(json.loads(written().to_json()), number)
    document = json.loads(result.to_json())
    for sentence, free in told(NarrativeFacts.of(result)):
        if free:
            assert script.unsupported(sentence.text, script.held(document, sentence.evidence)) == [], sentence.text
