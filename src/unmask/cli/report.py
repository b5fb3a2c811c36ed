"""What `unmask report` does: reports drawn again from a record, in any language, beside those that were signed."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from unmask.cli.verdict import visible
from unmask.errors import FileMissing, RecordError, UnmaskError
from unmask.explain.narrative import AUTHOR, renarrate
from unmask.language import translate
from unmask.report.document import NAME
from unmask.report.html import render_html
from unmask.report.pdf import render_pdf
from unmask.result import Result

UNREADABLE = 3


def run_report(record: Path, language: str | None, out: Path | None, *, page: bool, pdf: bool) -> int:
    """Write the page, the PDF or both (when neither is asked for); returns the exit code.

    The names carry the language, so that no file of the signed record is replaced. Sentences of a language model stay
    in its language: only the built-in wording can be said again.
    """
    try:
        path = record / NAME if record.is_dir() else record
        result = _read(path)
        said = translate(language or result.narrative.language)
        if result.narrative.author == AUTHOR:
            result = renarrate(result, said)
        folder = out or path.parent
        signer = result.signature.key if result.signature else None
        both = page == pdf
        written = []
        if page or both:
            text = render_html(result, path.parent, said, signer)
            written.append(_written(folder / f"report-{said.code}.html", text.encode()))
        if pdf or both:
            written.append(_written(folder / f"report-{said.code}.pdf", render_pdf(result, path.parent, said, signer)))
    except UnmaskError as error:
        screen = Console(stderr=True, soft_wrap=True)
        screen.print(Text.assemble(("unmask", "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim")))
        return UNREADABLE
    for made in written:
        Console(soft_wrap=True).print(Text(visible(str(made))))
    return 0


def _read(path: Path) -> Result:
    try:
        return Result.from_json(path.read_bytes())
    except OSError as refused:
        raise FileMissing(f"can't read {path}: {refused.strerror}") from refused
    except ValueError as wrong:
        raise RecordError(f"{path} is no result document") from wrong


def _written(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as refused:
        raise RecordError(f"can't write {path}: {refused.strerror}") from refused
    return path
