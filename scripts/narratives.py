"""Have a language model word many results, and count what the check let through that the evidence does not hold.

    python scripts/narratives.py --count 200 --out narratives.json RESULT.json...

Results are those given, then variations of them: the same findings at other times, with other probabilities and the
verdict that follows. The counting shares no code with the check that it counts after: it reads the numbers of every
kept sentence with its own patterns and looks for them in the evidence that the sentence cites. A run that was broken
off goes on where it was when it is called again with the same results, model and `--out`.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unmask.explain.narrative import NarrativeFacts, told
from unmask.explain.narrative_model import converse, form
from unmask.fusion.combine import decide
from unmask.llm.models import open_model
from unmask.result import Result

TIMES = {"start", "end", "time", "highest_at", "duration", "first_seen", "last_seen", "window", "segment"}
CHANCES = {"probability", "interval", "highest", "median", "threshold"}


def variation(document: dict[str, Any], number: int) -> Result:
    """The document with other times and probabilities, the same for the same number; as it is for the first."""
    if number == 0:
        return Result.model_validate(document)
    drawn = random.Random(number)  # noqa: S311 (variety, not secrets)
    stretch, shift = drawn.uniform(0.5, 3.0), drawn.gauss(0.0, 1.0)

    def chance(p: float) -> float:
        odds = math.log(min(max(p, 1e-4), 1 - 1e-4) / (1 - min(max(p, 1e-4), 1 - 1e-4))) + shift
        return 1 / (1 + math.exp(-odds))

    def change(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: change(part, name) for name, part in value.items()}
        if isinstance(value, list) and key == "segments" and value and isinstance(value[0], list):
            return [[a * stretch, b * stretch, chance(p)] for a, b, p in value]
        if isinstance(value, list):
            return [change(part, key) for part in value]
        if isinstance(value, float | int) and not isinstance(value, bool):
            return value * stretch if key in TIMES else chance(value) if key in CHANCES else value
        return value

    changed = change(document)
    verdict = changed["verdict"]
    if verdict["probability"] is not None:
        low, high = sorted(verdict["interval"])
        verdict |= {"interval": [low, high], "label": decide(verdict["probability"], (low, high))}
        verdict["reasons"] = ["evidence_too_weak"] if verdict["label"] == "inconclusive" else []
    return Result.model_validate(changed)


def numbers(value: Any) -> Iterator[float]:
    """All numbers below a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield float(value)


def held(document: dict[str, Any], ids: list[str]) -> list[float]:
    """Every number in the cited evidence, and in the segments, findings and persons that the evidence stands for."""
    cited = [e for e in document["evidence"] if e["id"] in ids]
    subjects = {e["subject"] for e in cited}
    parts: list[Any] = [e["facts"] for e in cited]
    parts += [s for s in document["segments"] if set(s["evidence"]) & set(ids)]
    parts += [f for f in document["findings"] if f["subject"] in subjects]
    if any(e["facts"].get("what") == "input" for e in cited):
        silent = [f["reason"] for f in document["findings"] if f["state"] == "not_applicable"]
        parts += [document["persons"], [silent.count(reason) for reason in silent], len(silent)]
    return list(numbers(parts))


def unsupported(text: str, known: list[float]) -> list[str]:
    """Times that are nowhere within half a second, and numbers that no held number rounds to."""
    text = re.sub(r"(?i)person[- ]\d+", "", text)
    wrong = []
    for hours, minutes, seconds in re.findall(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)", text):
        at = 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)
        if all(abs(at - value) > 0.5 + 1e-6 for value in known):
            wrong.append(f"{minutes}:{seconds}")
    text = re.sub(r"(?:\d+:)?\d+:\d\d(?:\.\d+)?", "", text)
    for token, percent in re.findall(r"(\d[\d,]*(?:\.\d+)?)\s*(%?)", text):
        digits = len(token.partition(".")[2])
        scale = 100.0 if percent else 1.0
        shown = {f"{abs(scale * value):.{digits}f}" for value in known}  # "0.3 s too early" is held as -0.3
        extreme = {"0.999": max(known, default=0) > 0.9995, "0.001": min(known, default=1) < 0.0005}
        if token.replace(",", "") not in shown and not extreme.get(token, False):
            wrong.append(token)
    return wrong


def run(
    documents: list[dict[str, Any]], wanted: range, spec: str, seconds: float, until: float
) -> Iterator[dict[str, Any]]:
    """One record for each narrative: what was kept, dropped and noted, and what the counting found."""
    with open_model(spec, seconds=seconds, seed=1) as model:
        for number in wanted:
            if time.time() > until:
                return
            result = variation(documents[number % len(documents)], number // len(documents))
            facts = NarrativeFacts.of(result)
            began = time.monotonic()
            said = converse(facts, model, seconds, form(spec))
            built_in = [s.text for s, _ in told(facts)]
            kept = list({one.sentence.text: one.sentence for one in said.kept.values()}.values())
            document = json.loads(result.to_json())
            wrong = {s.text: found for s in kept if (found := unsupported(s.text, held(document, s.evidence)))}
            yield {
                "label": result.verdict.label,
                "asked_for": sum(free for _, free in told(facts)),
                "told_by_the_model": len(said.kept),
                "in_other_words": [s.text for s in kept if s.text not in built_in],
                "as_built_in": [s.text for s in kept if s.text in built_in],
                "refused": list(said.dropped),
                "notes": list(said.notes),
                "unsupported": wrong,
                "seconds": round(time.monotonic() - began, 1),
            }


def summary_of(records: list[dict[str, Any]], of: dict[str, Any]) -> dict[str, Any]:
    """The counts over all records so far; `of` says what they are of, so that only the same run goes on."""
    return {
        "of": of,
        "narratives": len(records),
        "sentences_asked_for": sum(r["asked_for"] for r in records),
        "told_by_the_model": sum(r["told_by_the_model"] for r in records),
        "kept_sentences": sum(len(r["in_other_words"]) + len(r["as_built_in"]) for r in records),
        "of_these_in_other_words": sum(len(r["in_other_words"]) for r in records),
        "refused": sum(len(r["refused"]) for r in records),
        "narratives_with_notes": sum(bool(r["notes"]) for r in records),
        "kept_with_unsupported_number_or_time": sum(len(r["unsupported"]) for r in records),
    }


def earlier(out: Path, of: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a run that was broken off; none where there was none. Raises SystemExit for those of another."""
    if not out.exists():
        return []
    known = json.loads(out.read_text(encoding="utf-8"))
    if known["summary"]["of"] != of:
        raise SystemExit(f"{out} holds a run over other results or by another model")
    return list(known["records"])


def main() -> None:
    """Run, write every record as it comes, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--llm", default="local")
    parser.add_argument("--seconds", type=float, default=300.0, help="longest wait for one answer")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no narrative after so many minutes")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in given.results]
    of = {"llm": given.llm, "analyses": [document["analysis"] for document in documents]}
    records = earlier(given.out, of)
    until = time.time() + 60 * given.minutes
    for record in run(documents, range(len(records), given.count), given.llm, given.seconds, until):
        records.append(record)
        summary = summary_of(records, of)
        whole = json.dumps({"summary": summary, "records": records}, indent=1, ensure_ascii=False)
        scratch = given.out.with_suffix(".part")
        scratch.write_text(whole + "\n", encoding="utf-8")
        scratch.replace(given.out)  # whole at any time, whenever it is broken off
        counts = {name: value for name, value in summary.items() if name != "of"}
        sys.stdout.write(f"{json.dumps(counts)} {record['seconds']} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
