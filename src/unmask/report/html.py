"""The report: one HTML file that asks nothing of any other place, and runs nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from unmask.explain.heatmap import legend
from unmask.explain.words import LABELS, clock_pair, number, sentence_case, signed, subject_phrase
from unmask.language import Language, translate
from unmask.report.facts import key_figures, limits, outcome, region_names, span_words
from unmask.report.figures import gauge, lanes, time_ticks, waterfall
from unmask.report.filerows import file_rows
from unmask.report.gallery import gallery
from unmask.report.glossary import glossary
from unmask.report.origin import origin_panel
from unmask.report.reportwords import author_words, steps, took
from unmask.report.safe import visible, visible_text
from unmask.result import Result, Segment

TEMPLATES = Path(__file__).parent / "templates"


def render_html(result: Result, folder: Path, language: Language | None = None, signer: str | None = None) -> str:
    """The whole page as text, the pictures below `folder` embedded; in the narrative's language unless told otherwise.

    `signer` is the public key that the record is, or is going to be, signed with.

    What is missing there is said to be missing. All text from the document is escaped, hidden characters are shown.
    """
    language = language or translate(result.narrative.language)
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    page = _environment(language.code).get_template("report.html.j2")
    return page.render(
        r=result,
        lang=language,
        style=Markup(style),  # noqa: S704 our own file, and its hash is what the page's policy allows
        style_hash=digest,
        known={evidence.id for evidence in result.evidence},
        gauge=gauge(result.verdict, language),
        lanes=lanes(result, language),
        ticks=time_ticks(result.media.duration),
        waterfall=waterfall(result, language),
        groups=gallery(result, folder, language),
        legend=legend(),
        keys=key_figures(result, language),
        glossary=glossary(language),
        steps=steps(result, language, signer),
        took=took(result, language),
        author=author_words(result.narrative, language),
        limits=limits(result, language),
        rows=file_rows(result.media, language),
        origin=origin_panel(result, language),
    )


@lru_cache(maxsize=8)
def _environment(code: str) -> Environment:
    lang = translate(code)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "visible": visible,
        "visible_text": visible_text,
        "number": lambda value: number(value, lang),
        "integer": lang.integer,
        "examined": lambda f: sentence_case(subject_phrase(f.detector, f.subject, lang)),
        "outcome": lambda finding: outcome(finding, lang),
        "range": lambda span: span_words(span, lang),
        "span": lambda s: stretch(s, lang),
        "regions": lambda names: region_names(names, lang),
        "signed": lambda value: signed(value, 6, lang),
        "label": lambda code: lang.gettext(LABELS[code]),
    }
    env.filters.update(filters)
    env.globals.update(_=lang.gettext, ngettext=lang.ngettext, html=lang.html)
    return env


def stretch(segment: Segment, language: Language) -> str:
    """When a segment is, in words."""
    start, end = clock_pair(segment.start, segment.end)
    return language.gettext("{start} to {end}", start=start, end=end)
