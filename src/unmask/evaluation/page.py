"""The evaluation as one HTML file that asks nothing of any other place, and runs nothing; it looks like the report."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from unmask.evaluation import figures
from unmask.evaluation.corruptions.base import SKIPS
from unmask.evaluation.document import Difference, Evaluation, Subject
from unmask.evaluation.evaluate import WORST
from unmask.evaluation.giveaways import NAMES
from unmask.evaluation.outcome import VERDICT, Estimate
from unmask.evaluation.robust_figures import WIDTH, forests
from unmask.explain.words import DETECTORS, LABELS, reason_words, sentence_case
from unmask.fusion.combine import MANIPULATED_FROM
from unmask.fusion.conditions import DIMENSIONS
from unmask.report.html import TEMPLATES
from unmask.report.safe import visible, visible_text

OWN = Path(__file__).parent / "templates"
FEW_REAL = 100
"""Fewer real files than this can't tell 1 % false alarms from 4 %: the page says so."""

METRICS = {
    "auc": "AUC",
    "eer": "Equal error rate",
    "average_precision": "Average precision",
    "false_alarm": "False alarms",
    "miss": "Missed fakes",
    "ece": "Calibration error",
    "ece_by_chance": "of it, by chance alone",
    "brier": "Brier score",
    "coverage": "Answered",
}
PERCENT = ("false_alarm", "miss", "eer", "coverage")
SAID = {"failed": "Could not be analysed", "alarm": "Alarm", "no_alarm": "No alarm", "no_finding": "No finding"}
ORDER = (*LABELS, "alarm", "no_alarm")


def render_page(evaluation: Evaluation) -> str:
    """The whole page as text. Names of files, sources and methods are foreign: escaped, hidden characters shown."""
    style = "\n".join(path.read_text(encoding="utf-8") for path in (TEMPLATES / "report.css", OWN / "evaluation.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    measured = [s for s in evaluation.subjects if s.numbers.n_scored]
    return (
        _environment()
        .get_template("evaluation.html.j2")
        .render(
            e=evaluation,
            style=Markup(style),  # noqa: S704 our own files, and their hash is what the page's policy allows
            style_hash=digest,
            verdict=evaluation.subject(VERDICT),
            measured=measured,
            idle=[s for s in evaluation.subjects if not s.numbers.n_scored],
            roc=figures.roc(measured),
            det=figures.det(measured),
            reliability=figures.reliability(measured),
            comparison=_comparison(evaluation),
            few_real=FEW_REAL,
            forests=forests(evaluation.robustness.corruptions) if evaluation.robustness else (),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader([OWN, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        visible=visible,
        visible_text=visible_text,
        subject=subject_name,
        percent=percent,
        plain=lambda value: f"{value:.3f}",
        metric=in_words,
        span=span,
        said=_said,
        ranked=_ranked,
        by_dimension=_by_dimension,
        change=change,
        whisker=figures.whisker,
        alarm_scale=figures.alarm_scale,
        duration=_duration,
        signed=signed,
    )
    env.globals.update(
        METRICS=METRICS,
        PERCENT=PERCENT,
        LABELS=LABELS,
        SIDE=figures.SIDE,
        MANIPULATED_FROM=MANIPULATED_FROM,
        worst=WORST,
        SKIPS=SKIPS,
        NAMES=NAMES,
        WIDTH=WIDTH,
    )
    return env


def subject_name(name: str) -> str:
    """A detector's name for people; that of an added model says what it looks at."""
    looks, colon, added = name.partition(":")
    if colon:
        return f"{added} ({DETECTORS.get(looks, looks).lower()})"
    return "Verdict" if name == VERDICT else DETECTORS.get(name, sentence_case(name.replace("_", " ")))


def percent(rate: float) -> str:
    """A rate in percent: one digit after the point, none from 10 % on unless it would round to 100."""
    shown = rate * 100
    return f"{shown:.0f} %" if 10 <= shown < 99.5 or shown in (0, 100) else f"{shown:.1f} %"


def in_words(estimate: Estimate | None, name: str) -> str:
    """A metric's value; a dash where the files do not carry it."""
    if estimate is None:
        return "\N{EN DASH}"
    return percent(estimate.value) if name in PERCENT else f"{estimate.value:.3f}"


def span(estimate: Estimate, name: str) -> str:
    """A metric's interval."""
    if name not in PERCENT:
        return f"{estimate.low:.3f} to {estimate.high:.3f}"
    low, high = percent(estimate.low), percent(estimate.high)
    return f"{low.removesuffix(' %')} to {high}"


def signed(value: float) -> str:
    """A difference of two AUCs with its sign."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def change(one: Difference) -> str:
    """A difference with its sign; percentage points for rates."""
    in_points = one.metric in PERCENT
    text = f"{one.difference * 100:+.1f}" if in_points else f"{one.difference:+.3f}"
    return text.replace("-", "\N{MINUS SIGN}") + (" points" if in_points else "")


def _said(code: str) -> str:
    return LABELS.get(code) or SAID.get(code) or sentence_case(reason_words(code))


def _ranked(labels: Mapping[str, Mapping[str, int]]) -> list[str]:
    """All codes that were said, firm answers first."""
    present = {code for counts in labels.values() for code in counts}
    return sorted(present, key=lambda code: (ORDER.index(code) if code in ORDER else len(ORDER), code))


def _by_dimension(subject: Subject) -> list[tuple[str, list[object]]]:
    names = {**DIMENSIONS, "source": "Source with real and fake files"}
    return [(names[key], list(group)) for key, group in groupby(subject.conditions, key=lambda c: c.dimension)]


def _comparison(evaluation: Evaluation) -> Sequence[tuple[str, list[Difference]]]:
    """Differences by subject."""
    if evaluation.comparison is None:
        return ()
    found = evaluation.comparison.differences
    return [(name, list(group)) for name, group in groupby(found, key=lambda d: d.subject)]


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"
