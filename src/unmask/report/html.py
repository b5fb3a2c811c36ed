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
from unmask.explain.origin import is_origin
from unmask.explain.words import (
    DETECTORS,
    KINDS,
    LABELS,
    REENCODINGS,
    REGION_NAMES,
    clock,
    clock_pair,
    number,
    reason_words,
    sentence_case,
    subject_phrase,
)
from unmask.fusion.fuse import CALIBRATED_FACE
from unmask.report.figures import gauge, lanes, time_ticks, waterfall
from unmask.report.gallery import gallery
from unmask.report.origin import origin_panel
from unmask.report.safe import visible, visible_text
from unmask.result import Finding, Result

TEMPLATES = Path(__file__).parent / "templates"

STATES = {"scored": "examined", "not_applicable": "not examined", "failed": "broke down"}


def render_html(result: Result, folder: Path) -> str:
    """The whole page as text, the pictures below `folder` embedded.

    What is missing there is said to be missing. All text from the document is escaped, hidden characters are shown.
    """
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    page = _environment().get_template("report.html.j2")
    return page.render(
        r=result,
        style=Markup(style),  # noqa: S704 our own file, and its hash is what the page's policy allows
        style_hash=digest,
        known={evidence.id for evidence in result.evidence},
        gauge=gauge(result.verdict),
        lanes=lanes(result),
        ticks=time_ticks(result.media.duration),
        waterfall=waterfall(result),
        groups=gallery(result, folder),
        legend=legend(),
        limits=_limits(result),
        origin=origin_panel(result),
        kind=KINDS[result.media.kind],
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
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
        "clock": clock,
        "number": number,
        "reason": reason_words,
        "bytes": _bytes,
        "rate": _rate,
        "examined": lambda f: sentence_case(subject_phrase(f.detector, f.subject)),
        "outcome": _outcome,
        "span": lambda s: " to ".join(clock_pair(s.start, s.end)),
        "regions": lambda names: ", ".join(REGION_NAMES.get(name, name).lower() for name in names) or "\N{EN DASH}",
        "signed": lambda value: f"{value:+.6f}".replace("-", "\N{MINUS SIGN}"),
    }
    env.filters.update(filters)
    env.globals.update(LABELS=LABELS, DETECTORS=DETECTORS, STATES=STATES, REENCODINGS=REENCODINGS)
    return env


def _outcome(finding: Finding) -> str:
    """What a finding says, in words."""
    if is_origin(finding.detector):
        known = "Declared to be made by AI" if finding.state == "scored" else reason_words(finding.reason or "")
        return sentence_case(known)
    if finding.state != "scored":
        return sentence_case(f"{STATES[finding.state]}: {reason_words(finding.reason or 'no reason given')}")
    probability = finding.probability or 0.0
    if probability >= 0.8:
        return "Signs of manipulation"
    return "No clear answer" if probability >= 0.4 else "No clear sign of manipulation"


def _limits(result: Result) -> list[str]:
    """What weakens the answer, each as one sentence; text from outside in it is still unescaped."""
    firm = [reason for reason in result.verdict.reasons if ": " not in reason]
    found = [f"No firmer answer, because {reason_words(reason)}." for reason in firm]
    for finding in result.findings:
        if finding.state != "scored" and not is_origin(finding.detector):
            subject = sentence_case(subject_phrase(finding.detector, finding.subject))
            verb = "were" if subject.endswith("faces") else "was"
            state = "could not be" if finding.state == "failed" else f"{verb} not"
            cause = reason_words(finding.reason or "no reason given")
            found.append(f"{subject} {state} examined: {cause}.")
    found.extend(
        f"The face of {p.subject} is small (median {p.median_face_px:.0f} pixels): its reading is less certain."
        for p in result.persons
        if p.median_face_px < CALIBRATED_FACE
    )
    found.extend(f"Noted when the file was read: {note}." for note in result.media.notes)
    return found


def _bytes(count: int) -> str:
    """A size for people, and the exact count."""
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    exact = f"{count:,} bytes"
    return exact if unit == "bytes" else f"{size:.1f} {unit} ({exact})"


def _rate(bits: int | None) -> str:
    """A bit rate for people."""
    if bits is None:
        return "not stated"
    return f"{bits / 1e6:.2f} Mbit/s" if bits >= 1e6 else f"{bits / 1e3:.0f} kbit/s"
