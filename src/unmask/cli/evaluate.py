"""What `unmask evaluate` does: files through the pipeline with a bar, then the document, the page and a short table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from unmask.cli.analyze import BROKEN
from unmask.cli.beside import beside_table, ours, short
from unmask.cli.robustness import giveaways_table, left_out, robustness_table, shortcuts_table
from unmask.cli.verdict import visible
from unmask.errors import UnmaskError
from unmask.evaluation.bench import bench
from unmask.evaluation.calibrate import calibrated
from unmask.evaluation.cases import Unit, cases
from unmask.evaluation.choose import Split, choose_rows
from unmask.evaluation.compare import compare, read_evaluation
from unmask.evaluation.corruptions import chosen
from unmask.evaluation.corruptions.base import Corruption, NotApplicable
from unmask.evaluation.document import Evaluation
from unmask.evaluation.evaluate import evaluate
from unmask.evaluation.expected import publish
from unmask.evaluation.groups import publish_groups
from unmask.evaluation.layouts import read_layout
from unmask.evaluation.outcome import Outcome
from unmask.evaluation.page import METRICS, render_page, subject_name
from unmask.evaluation.robustness import robustness
from unmask.evaluation.run import Watch, run
from unmask.evaluation.shortcuts import shortcuts
from unmask.models.registry import HERE
from unmask.settings import Settings, load
from unmask.training.manifest import Row, read_manifests

DOCUMENT = "evaluation.json"
PAGE = "evaluation.html"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    sources: Sequence[Path]
    out: Path
    layout: str | None
    split: Split
    kinds: Sequence[str]
    limit: int | None
    unit: Unit
    fps: float | None
    compare: Path | None
    publish: bool
    quiet: bool
    corruptions: Sequence[str] | None = None
    shortcuts: bool = False
    calibrate: str | None = None


def run_evaluation(wish: Wish) -> int:
    """Evaluate and write `evaluation.json` and `evaluation.html` to the folder; returns the exit code."""
    screen = Console(stderr=True, quiet=wish.quiet)
    try:
        before = read_evaluation(wish.compare) if wish.compare else None
        corruptions = () if wish.corruptions is None else chosen(wish.corruptions)
        rows = choose_rows(_rows(wish), wish.split, wish.limit)
        made = _evaluation(wish, rows, corruptions, screen)
        if before is not None:
            made = made.model_copy(update={"comparison": compare(made, before)})
        (wish.out / DOCUMENT).write_text(made.to_json(), encoding="utf-8")
        (wish.out / PAGE).write_text(render_page(made), encoding="utf-8")
        if wish.publish:
            folder = _settings(wish).models or HERE
            for path in (publish(made, folder), *publish_groups(made, folder)):
                screen.print(Text(f"published  {path}"))
    except UnmaskError as error:
        _complain(error)
        return BROKEN
    _tell(made)
    Console().print(Text(f"page  {wish.out / PAGE}\ndata  {wish.out / DOCUMENT}"))
    return 0


def _rows(wish: Wish) -> tuple[Row, ...]:
    """The rows of the manifests, or of the folders of a layout."""
    if wish.layout is None:
        return read_manifests(wish.sources, kinds=wish.kinds or None)
    found = (row for folder in wish.sources for row in read_layout(wish.layout, folder))
    return tuple(row for row in found if not wish.kinds or row.kind in wish.kinds)


def _evaluation(wish: Wish, rows: Sequence[Row], corruptions: Sequence[Corruption], screen: Console) -> Evaluation:
    tools = bench(_settings(wish))
    wish.out.mkdir(parents=True, exist_ok=True)
    with _bar(screen, len(rows)) as watch:
        outcomes = run(rows, wish.out, tools, watch)
    screen.print(Text("measuring ...", style="dim"))
    found = cases(rows, outcomes)
    if wish.calibrate is not None:
        added = tools.registry.added
        path = added.save(calibrated(added.card(wish.calibrate), found, wish.split))
        screen.print(Text(f"calibrated  {path}"))
    made = evaluate(
        found,
        tools.cards,
        manifests=[path.name for path in wish.sources],
        split=wish.split,
        settings={"fps": tools.settings.fps, "min_face": tools.settings.min_face, "seed": tools.settings.seed},
        beside=[detector.model for detector in tools.beside],
        unit=wish.unit,
    )

    def watching(name: str, total: int) -> AbstractContextManager[Watch]:
        return _bar(screen, total, name)

    extra: dict[str, object] = {}
    if corruptions:
        extra["robustness"] = robustness(found, corruptions, wish.out, tools, watching, unit=wish.unit)
    if wish.shortcuts:
        extra["shortcuts"] = shortcuts(found, wish.out, tools, watching, unit=wish.unit)
    return made.model_copy(update=extra)


def _settings(wish: Wish) -> Settings:
    return load({"fps": wish.fps})


@contextmanager
def _bar(screen: Console, total: int, name: str = "evaluate") -> Iterator[Callable[[int, Outcome], None]]:
    """A bar over all files while the block runs; a file that fails leaves a line with its code."""
    columns = (
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[file]}", markup=False),
    )
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task(name, total=total, file="")

        def watch(number: int, outcome: Outcome) -> None:
            name = visible(outcome.file)
            progress.update(task, completed=number, file=name[-40:])
            if outcome.error not in (None, NotApplicable.code):
                why = visible(outcome.message or "")
                progress.console.print(Text.assemble((name, "bold red"), ": ", why, (f" ({outcome.error})", "dim")))

        yield watch


def _tell(made: Evaluation) -> None:
    """The tables on standard output."""
    screen = Console()
    screen.print(_table(made))
    if (added := beside_table(made)) is not None:
        screen.print(Text("\nBeside ours on the same files; added models in their own terms", style="dim"))
        screen.print(added)
    if made.robustness is not None:
        screen.print(robustness_table(made.robustness))
        if broken := left_out(made.robustness.corruptions):
            screen.print(Text(f"{broken} times a file failed after a change; the page says which", style="dim"))
    if made.shortcuts is not None:
        screen.print(shortcuts_table(made.shortcuts))
        screen.print(giveaways_table(made.shortcuts))


def _table(made: Evaluation) -> Table:
    """The headline numbers of the verdict and of each detector."""
    shown = ours(made)
    table = Table("", *(subject_name(s.name) for s in shown), box=None, header_style="bold", pad_edge=False)
    table.add_row("Files, real + fake", *(f"{s.numbers.n_real} + {s.numbers.n_fake}" for s in shown))
    for name, words in METRICS.items():
        table.add_row(words, *(short(getattr(s.numbers, name), name) for s in shown))
    return table


def _complain(error: UnmaskError) -> None:
    screen = Console(stderr=True)
    screen.print(Text.assemble(("unmask", "bold red"), ": ", visible(error.message), (f" ({error.code})", "dim")))
    if error.hint:
        screen.print(Text(f"  {error.hint}"))
