"""What the PDF shows, as plain data: the same facts and words as the page, in the order of its template."""

from __future__ import annotations

import html
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unmask.explain.words import LABELS, number, sentence_case, signed, subject_phrase
from unmask.language import Language
from unmask.report.facts import NONE, key_figures, limits, outcome, region_names, span_words
from unmask.report.figures import Lane, Waterfall, gauge, lanes, time_ticks, waterfall
from unmask.report.filerows import file_rows
from unmask.report.gallery import Exhibit, gallery
from unmask.report.glossary import glossary
from unmask.report.html import stretch
from unmask.report.origin import origin_panel
from unmask.report.reportwords import author_words, steps, took, words
from unmask.report.safe import visible_text
from unmask.result import Result

ISOLATES = "\u2068\u2069"
"""Around text from outside, so that its direction stays its own."""
BREAK = "\u200b"
"""Lets a line end within a word."""
LONGEST_WORD = 24
"""Characters: a longer word may be broken anywhere after every eighth."""


def pdf_view(result: Result, folder: Path, language: Language, signer: str | None) -> dict[str, Any]:
    """All data of the template. Text from outside is cut, its hidden characters are shown by their codes."""
    scale, drawn, known = gauge(result.verdict, language), waterfall(result, language), _known(result)
    sentences = [{"text": foreign(s.text), "ids": _ids(s.evidence, known)} for s in result.narrative.sentences]
    label = language.gettext(LABELS[result.verdict.label])
    return {
        "lang": language.code,
        "dir": language.direction,
        "words": words(language),
        "label": result.verdict.label,
        "label_words": label,
        "title": f"{label}: {visible_text(result.media.name)}",
        "name": foreign(result.media.name),
        "date": language.date(result.created),
        "analysis": visible_text(result.analysis),
        "lead": sentences[0] if sentences else None,
        "gauge": asdict(scale) if scale else None,
        "keys": [asdict(figure) | {"note": foreign(figure.note)} for figure in key_figures(result, language)],
        "sentences": sentences[1:],
        "author": author_words(result.narrative, language),
        "lanes": [_lane(lane) for lane in lanes(result, language)],
        "ticks": time_ticks(result.media.duration),
        "segments": _segments(result, known, language),
        "groups": [
            {"name": foreign(group.name), "exhibits": [_exhibit(x) for x in group.exhibits]}
            for group in gallery(result, folder, language)
        ],
        "heat_note": any(e.kind == "heat_map" for e in result.evidence),
        "waterfall": _waterfall(drawn, known) if drawn else None,
        "sum_note": _sum_note(result, language),
        "findings": _findings(result, language),
        "limits": [foreign(text) for text in limits(result, language)],
        "origin": _origin(result, language),
        "file": _file(result, language),
        "models": [[foreign(m.name), foreign(m.version), visible_text(m.sha256)] for m in result.models],
        "took": took(result, language),
        "steps": [_runs(step) for step in steps(result, language, signer)],
        "glossary": glossary(language),
        "coded": False,
    }


def foreign(text: object) -> str:
    """Text from outside: cut, hidden characters by their codes, its direction kept to itself."""
    breakable = re.sub(rf"\S{{{LONGEST_WORD + 1},}}", _breakable, visible_text(text))
    return ISOLATES[0] + breakable + ISOLATES[1]


def _breakable(word: re.Match[str]) -> str:
    return BREAK.join(word[0][i : i + 8] for i in range(0, len(word[0]), 8))


def _known(result: Result) -> set[str]:
    return {evidence.id for evidence in result.evidence}


def _ids(ids: list[str] | tuple[str, ...], known: set[str]) -> list[str]:
    return [visible_text(one) for one in ids if one in known]


def _lane(lane: Lane) -> dict[str, Any]:
    return asdict(lane) | {"name": foreign(lane.name)}


def _segments(result: Result, known: set[str], language: Language) -> list[dict[str, Any]]:
    return [
        {
            "span": stretch(s, language),
            "what": foreign(sentence_case(subject_phrase(s.detector, s.subject, language))),
            "probability": number(s.probability, language),
            "regions": foreign(region_names(s.regions, language)),
            "ids": _ids(s.evidence, known),
        }
        for s in result.segments
    ]


def _exhibit(x: Exhibit) -> dict[str, Any]:
    return {
        "id": visible_text(x.id),
        "kind": x.kind,
        "title": foreign(x.title),
        "text": foreign(x.text) if x.text else "",
        "pictures": [
            {"path": p.path and f"/{p.path}", "alt": visible_text(p.alt), "caption": p.caption} for p in x.pictures
        ],
        "shares": [asdict(share) | {"name": foreign(share.name)} for share in x.shares],
        "rows": [[foreign(name), foreign(value)] for name, value in x.rows],
        "sound": x.sound is not None,
        "check": x.check,
        "checked": x.checked and x.checked.path and {"path": f"/{x.checked.path}", "alt": visible_text(x.checked.alt)},
        "file": visible_text(x.file),
    }


def _waterfall(drawn: Waterfall, known: set[str]) -> dict[str, Any]:
    made = [asdict(s) | {"name": foreign(s.name), "ids": _ids(s.evidence[:1], known)} for s in drawn.steps]
    return {"steps": made, "ticks": drawn.ticks, "zero": drawn.zero}


def _sum_note(result: Result, language: Language) -> str:
    """Every number of the sum with all its digits."""
    if result.verdict.prior_log_odds is None:
        return ""
    head = language.gettext("The numbers beside the bars are natural log-odds. Before looking:")
    parts = [signed(result.verdict.prior_log_odds, 6, language)]
    for one in result.contributions:
        shown = f"{one.source} ({one.subject}): {signed(one.log_odds, 6, language)}"
        parts.append(foreign(shown))
    return f"{head} {'; '.join(parts)}."


def _findings(result: Result, language: Language) -> list[dict[str, str]]:
    return [
        {
            "what": foreign(sentence_case(subject_phrase(f.detector, f.subject, language))),
            "outcome": foreign(outcome(f, language)),
            "probability": NONE if f.probability is None else number(f.probability, language),
            "range": span_words(f.interval, language) if f.interval else NONE,
            "samples": language.integer(f.samples) if f.samples else NONE,
        }
        for f in result.findings
    ]


def _origin(result: Result, language: Language) -> list[list[str]]:
    panel = origin_panel(result, language)
    return [[r.name, foreign(r.value), foreign(r.note) if r.note else ""] for r in panel.rows] if panel else []


def _file(result: Result, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{row.name} {foreign(row.given)}" if row.given else row.name,
            "value": visible_text(row.parts[0]) if row.code else ", ".join(map(foreign, row.parts)),
            "code": row.code,
        }
        for row in file_rows(result.media, language)
    ]


def _runs(markup: str) -> list[dict[str, Any]]:
    """A message of our own with `<code>` in it, as stretches of text and code."""
    parts = re.split("</?code>", markup)
    return [{"text": html.unescape(part), "code": bool(n % 2)} for n, part in enumerate(parts) if part]
