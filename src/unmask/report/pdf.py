"""The report as PDF (PDF/UA-1): tagged, the same content as the page, with fonts that are installed with the package.

Typst lays it out. Texts reach it as JSON, never as markup. Its own fonts cover Latin; DejaVu Sans, which comes with
Matplotlib, covers Arabic and most other alphabets. A character that neither has is shown by its code.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from unmask.errors import ReportError
from unmask.language import Language, translate
from unmask.report.html import TEMPLATES
from unmask.report.pdfview import BREAK, ISOLATES, pdf_view
from unmask.report.safe import HIDDEN, category, coded
from unmask.result import Result

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
WIDEST = "DejaVuSans.ttf"
"""The font that every text falls back on."""


def render_pdf(result: Result, folder: Path, language: Language | None = None, signer: str | None = None) -> bytes:
    """The report as PDF, with the pictures below `folder`; in the narrative's language unless told otherwise.

    `signer` is the public key that the record is, or is going to be, signed with.

    Raises:
        ReportError: it can't be laid out, for example because a picture is damaged.
    """
    language = language or translate(result.narrative.language)
    view = pdf_view(result, folder, language, signer)
    shown = covered(view)
    shown["coded"] = json.dumps(shown) != json.dumps(view)
    try:
        compiler = typst.Compiler(
            (TEMPLATES / "report.typ").read_bytes(),
            root=folder.resolve(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(shown)},
        )
        made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(result.created.timestamp()))
    except typst.TypstError as failed:
        raise ReportError(f"the PDF can't be made: {failed.message[:300]}") from failed
    assert isinstance(made, bytes)  # several files, or none, come of other formats alone
    return made


def covered(value: Any) -> Any:
    """The value with every character that the fonts lack, or that has no look of its own, shown by its code."""
    if isinstance(value, str):
        return "".join(c if _has_look(c) else coded(c) for c in value)
    if isinstance(value, dict):
        return {key: covered(part) for key, part in value.items()}
    return [covered(part) for part in value] if isinstance(value, list | tuple) else value


def _has_look(char: str) -> bool:
    return char in OWN or (ord(char) in _glyphs() and category(char) not in HIDDEN)


OWN = ISOLATES + BREAK
"""Characters without a look that the view itself puts in; those from outside are codes by then."""


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(FT2Font(str(FONTS / WIDEST)).get_charmap())


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])
