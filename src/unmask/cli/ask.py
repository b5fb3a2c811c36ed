"""What `unmask ask` does: a question about a result, answered from its evidence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from unmask.cli.verdict import visible
from unmask.errors import FileMissing, RecordError, UnmaskError
from unmask.explain.answers import Reply, answer
from unmask.explain.narrative import NarrativeFacts
from unmask.language import Language, translate
from unmask.llm.errors import note_words
from unmask.result import Result
from unmask.settings import load

FAILED = 3


def run(path: Path, question: str, *, language: str | None, llm: str | None, as_json: bool) -> int:
    """Answer on standard output; returns the exit code: 0, or 3 when the document can't be used."""
    try:
        settings = load({"language": language, "llm": llm})
        words = translate(settings.language)
        reply = answer(question, NarrativeFacts.of(read_result(path), words), settings)
    except UnmaskError as error:
        Console(stderr=True).print(Text(f"{visible(path.name)}: {visible(error.message)} ({error.code})"))
        return FAILED
    if as_json:
        sys.stdout.write(json.dumps(_document(reply), ensure_ascii=False) + "\n")
    else:
        _show(reply, words)
    return 0


def read_result(path: Path) -> Result:
    """The result document at a path.

    Raises:
        FileMissing: there is none, or it can't be read.
        RecordError: it is no result document.
    """
    try:
        return Result.from_json(path.read_bytes())
    except OSError as missing:
        raise FileMissing(missing.strerror or "can't be read") from missing
    except ValidationError as wrong:
        raise RecordError(f"not a result document: {wrong.error_count()} faults") from wrong


def _document(reply: Reply) -> dict[str, object]:
    return {
        "sentences": [sentence.model_dump() for sentence in reply.sentences],
        "author": reply.author,
        "dropped": list(reply.dropped),
        "notes": list(reply.notes),
    }


def _show(reply: Reply, words: Language) -> None:
    screen = Console(soft_wrap=True)
    for sentence in reply.sentences:
        ids = f"  [{', '.join(sentence.evidence)}]" if sentence.evidence else ""
        screen.print(Text.assemble(visible(sentence.text), (visible(ids), "dim")))
    if not reply.sentences:
        screen.print(Text(words.gettext("The evidence in this result does not answer that.")))
    for code in reply.notes:
        Console(stderr=True).print(Text(note_words(code, words), style="dim"))
