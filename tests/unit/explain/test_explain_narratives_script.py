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


def test_a_shift_of_the_sound_is_held_with_its_sign_and_told_without_it(script: Any) -> None:
    curve = {"id": "E1", "subject": "person-1", "facts": {"offset": -0.32, "windows": 4}}
    document = {"evidence": [curve], "segments": [], "findings": [], "persons": []}
    known = script.held(document, ["E1"])
    assert script.unsupported("The sound comes about 0.3 s too early for the lips of person-1.", known) == []
    assert script.unsupported("The sound comes about 0.4 s too early for the lips of person-1.", known) == ["0.4"]


@pytest.mark.parametrize("number", range(12))
def test_a_variation_is_a_result_whose_own_wording_is_supported(script: Any, number: int) -> None:
    from unmask.explain.narrative import NarrativeFacts, told

    result = script.variation(json.loads(written().to_json()), number)
    document = json.loads(result.to_json())
    for sentence, free in told(NarrativeFacts.of(result)):
        if free:
            assert script.unsupported(sentence.text, script.held(document, sentence.evidence)) == [], sentence.text


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[range] = []

    def record(number: int) -> dict[str, Any]:
        empty: dict[str, Any] = {name: [] for name in ("in_other_words", "as_built_in", "refused", "notes")}
        return {"number": number, "asked_for": 2, "told_by_the_model": 0, "unsupported": {}, "seconds": 0.1, **empty}

    def broken_off(_documents: Any, wanted: range, *_: Any) -> Any:
        asked.append(wanted)
        for number in wanted[:3]:
            yield record(number)

    result, out = tmp_path / "result.json", tmp_path / "out.json"
    result.write_text(written().to_json())
    monkeypatch.setattr(script, "run", broken_off)
    monkeypatch.setattr(sys, "argv", ["narratives", "--count", "5", "--out", str(out), str(result)])
    script.main()
    assert json.loads(out.read_text())["summary"]["narratives"] == 3
    script.main()
    found = json.loads(out.read_text())
    assert asked == [range(5), range(3, 5)]
    assert [r["number"] for r in found["records"]] == [0, 1, 2, 3, 4]
    assert found["summary"]["sentences_asked_for"] == 10

    monkeypatch.setattr(sys, "argv", ["narratives", "--llm", "ollama:other", "--out", str(out), str(result)])
    with pytest.raises(SystemExit, match="another model"):
        script.main()
