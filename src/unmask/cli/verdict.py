"""A result for the terminal: the verdict first, then what it rests on."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unmask.explain.words import REENCODINGS
from unmask.language import translate
from unmask.llm.errors import note_words
from unmask.report.reportwords import took
from unmask.result import Finding, Label, Result, Stability

WORDS: dict[Label, tuple[str, str]] = {
    "likely_manipulated": ("LIKELY MANIPULATED", "red"),
    "likely_authentic": ("LIKELY AUTHENTIC", "green"),
    "inconclusive": ("INCONCLUSIVE", "yellow"),
    "not_assessable": ("NOT ASSESSABLE", "bright_black"),
}


def visible(text: str) -> str:
    """Text from outside with control and direction characters shown as codes. Print it as `Text`, never as markup."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def clock(seconds: float) -> str:
    """Minutes and seconds, with a tenth."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes):02d}:{rest:04.1f}"


def one_line(result: Result) -> str:
    """Label, probability and name."""
    verdict = result.verdict
    chance = "-" if verdict.probability is None else f"{verdict.probability:.2f}"
    return f"{verdict.label} {chance} {visible(result.media.name)}"


def panel(result: Result, folder: Path) -> RenderableType:
    """The whole answer as a panel."""
    word, colour = WORDS[result.verdict.label]
    parts: list[RenderableType] = [Text(word, style=f"bold {colour}")]
    verdict = result.verdict
    if verdict.probability is not None and verdict.interval is not None:
        low, high = verdict.interval
        parts.append(
            Text(f"probability of manipulation {verdict.probability:.2f} (95 % interval {low:.2f} to {high:.2f})")
        )
    if verdict.stability is not None:
        parts.append(_stability(verdict.stability))
    parts += [Text(), Text(result.narrative.text)]
    parts += [Text(note_words(note), style="dim") for note in result.narrative.notes]
    parts += [Text(), _findings(result)]
    if result.segments:
        parts += [Text(), _segments(result)]
    parts.append(Text())
    for name, file in (("report", "report.html"), ("paper", "report.pdf"), ("film", "annotated.mp4")):
        if (folder / file).is_file():
            parts.append(Text(f"{name:<7} {folder / file}"))
    parts.append(Text(f"{'result':<7} {folder / 'result.json'}"))
    if spent := took(result, translate("en")):
        parts += [Text(), Text(spent, style="dim")]
    return Panel(
        Group(*parts), title=Text(visible(result.media.name)), title_align="left", border_style=colour, expand=False
    )


def _stability(found: Stability) -> Text:
    """What light re-encodings answered, and the spread; labels stand where there is no probability."""
    told = [
        f"{REENCODINGS.get(r.variant, r.variant)} "
        + (f"{r.probability:.2f}" if r.probability is not None else (r.label or r.error or "-").replace("_", " "))
        for r in found.values
    ]
    spread = "" if found.spread is None else f" (spread {found.spread:.2f})"
    return Text(f"after light re-encoding: {', '.join(told)}{spread}")


def _findings(result: Result) -> Table:
    table = Table("detector", "subject", "finding", "adds to log-odds", box=None, header_style="dim", pad_edge=False)
    added = {(c.source, c.subject): f"{c.log_odds:+.2f}" for c in result.contributions}
    for finding in result.findings:
        table.add_row(
            finding.detector, finding.subject, _in_words(finding), added.get((finding.detector, finding.subject), "")
        )
    return table


def _in_words(finding: Finding) -> str:
    if finding.state == "scored" and finding.probability is not None and finding.interval is not None:
        low, high = finding.interval
        return f"{finding.probability:.2f} ({low:.2f} to {high:.2f}), {finding.samples} samples"
    return f"{finding.state.replace('_', ' ')}: {(finding.reason or '').replace('_', ' ')}"


def _segments(result: Result) -> Table:
    table = Table("from", "to", "detector", "subject", "probability", box=None, header_style="dim", pad_edge=False)
    for segment in result.segments:
        table.add_row(
            clock(segment.start), clock(segment.end), segment.detector, segment.subject, f"{segment.probability:.2f}"
        )
    return table
