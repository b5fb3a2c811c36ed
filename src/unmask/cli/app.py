"""The command `unmask`. Heavy imports happen inside the commands, so that `--help` answers at once.

For the same reason help is plain text: the libraries that dress it up take longer than all else here.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from unmask.cli import records
from unmask.cli.access import access_app
from unmask.cli.records import Languages
from unmask.cli.remote import remote_app
from unmask.cli.training import train_app
from unmask.presets import with_preset

app = typer.Typer(
    name="unmask",
    help="Examine videos, sounds and pictures that somebody doubts, and say when, where, how sure, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models_app = typer.Typer(help="The models in this installation.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.add_typer(models_app, name="models")
app.add_typer(access_app, name="access")
app.add_typer(remote_app, name="remote")

Layouts = Literal["ff++", "celeb-df", "dfdc", "fakeavceleb", "av-deepfake1m", "asvspoof"]
Splits = Literal["dev", "train", "calibration", "all"]
Units = Literal["person", "source"]


class Kind(StrEnum):
    """Kinds of media; an enumeration, because Typer takes no list of literals."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"


EXIT_CODES = """Exit codes: 0 nothing manipulated was found · 10 a file is likely manipulated · 11 inconclusive ·
12 not assessable · 1 Unmask itself can't run · 3 a file could not be analysed · 2 wrong use · 130 interrupted.
Of several files the first that applies counts, in the order 3, 10, 11, 12, 0; --exit-zero makes all verdicts 0."""


def main() -> None:
    """Entry point of the console script."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from unmask import __version__

        typer.echo(f"unmask {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Examine videos, sounds and pictures that somebody doubts, and say when, where, how sure, and why."""


@app.command(epilog=EXIT_CODES)
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Videos, sound files or still pictures.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report and evidence (default: FILE.unmask/; a folder per file for several)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result documents, one per line.")] = False,
    fps: Annotated[float | None, typer.Option(min=0.1, max=60, help="Frames looked at per second.")] = None,
    shard: Annotated[float | None, typer.Option(min=1, help="Seconds of media worked on at a time.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; the verdict in one line.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever the verdict.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Judge three light re-encodings too, and show the spread of the answers.")
    ] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="One frame a second, no clips, no PDF: for many files, or a first look.")
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Eight frames a second, more evidence, and --probe.")
    ] = False,
    language: Annotated[
        Languages | None, typer.Option(help="Language of the words and the report (default: en).", show_default=False)
    ] = None,
    pdf: Annotated[
        bool | None, typer.Option("--pdf/--no-pdf", help="Write report.pdf too (default: yes).", show_default=False)
    ] = None,
    clips: Annotated[
        bool | None,
        typer.Option("--clips/--no-clips", help="Cut a clip of each stretch that was found (default: yes)."),
    ] = None,
    video: Annotated[
        bool | None, typer.Option("--video", help="Write annotated.mp4 too; takes about as long as the video lasts.")
    ] = None,
) -> None:
    """Analyse files: verdict here, `report.html`, `result.json` and the evidence in a folder."""
    from unmask.cli.analyze import run

    if fast and thorough:
        raise typer.BadParameter("choose one of --fast and --thorough")
    given = {"fps": fps, "shard_seconds": shard, "language": language, "pdf": pdf, "clips": clips, "video": video}
    settings = with_preset("fast" if fast else "thorough" if thorough else None, given)
    probe = probe or thorough
    raise typer.Exit(run(files, out, settings=settings, as_json=as_json, quiet=quiet, exit_zero=exit_zero, probe=probe))


@app.command()
def ask(
    result: Annotated[Path, typer.Argument(help="A result.json.", show_default=False)],
    question: Annotated[
        str, typer.Argument(help="For example: why do you think the voice is fake?", show_default=False)
    ],
    language: Annotated[Languages | None, typer.Option(help="Language of the answer.", show_default=False)] = None,
    llm: Annotated[str | None, typer.Option(help="Language model that words the answer.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print sentences and evidence ids as JSON.")] = False,
) -> None:
    """Ask about a result: answers come from its evidence alone, each with the ids of what it rests on."""
    from unmask.cli.ask import run

    raise typer.Exit(run(result, question, language=language, llm=llm, as_json=as_json))


def _list_corruptions(wanted: bool) -> None:
    if wanted:
        from unmask.cli.robustness import list_corruptions

        list_corruptions()
        raise typer.Exit


@app.command("evaluate")
def evaluate_command(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="CSV manifests of files of known truth; with --layout, folders.", exists=True, show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the numbers; a run that was broken off goes on there.")],
    layout: Annotated[
        Layouts | None, typer.Option(help="Read folders of this benchmark instead of manifests.", show_default=False)
    ] = None,
    split: Annotated[Splits, typer.Option(help="Which rows: those that train nothing, others, or all.")] = "dev",
    kind: Annotated[list[Kind] | None, typer.Option(help="Only this kind of media; repeat for more.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many real and so many fake files of each source.")
    ] = None,
    unit: Annotated[Units, typer.Option(help="What the intervals draw together.")] = "person",
    fps: Annotated[float | None, typer.Option(min=0.1, max=60, help="Frames looked at per second.")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="An earlier evaluation.json to compare with.", exists=True, dir_okay=False)
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write the error to expect beside the models, for every result.")
    ] = False,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Again under each corruption: how far the answers fall.")
    ] = False,
    corruption: Annotated[
        list[str] | None, typer.Option(help="Only this corruption; repeat for more.", show_default=False)
    ] = None,
    _: Annotated[
        bool,
        typer.Option("--list-corruptions", callback=_list_corruptions, is_eager=True, help="Name them and stop."),
    ] = False,
    shortcuts: Annotated[
        bool, typer.Option("--shortcuts", help="Tests for what the data gives away, of face and voice.")
    ] = False,
    calibrate: Annotated[
        str | None,
        typer.Option(help="Fit this added model's probabilities to these files; never to dev.", show_default=False),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Measure how good the answers are: `evaluation.html`, `evaluation.json` and a file's outcome each in a folder."""
    from unmask.cli.evaluate import Wish, run_evaluation

    kinds = [one.value for one in kind or ()]
    wanted = list(corruption or ()) if robustness or corruption else None
    asked = (layout, split, kinds, limit, unit, fps, compare, publish, quiet, wanted, shortcuts, calibrate)
    wish = Wish(sources, out, *asked)
    raise typer.Exit(run_evaluation(wish))


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to answer on; any but this machine's own needs a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to answer on.")] = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Folder for everything that is kept (default: ./unmask-data).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that analyse (default: half the processors).")
    ] = None,
) -> None:
    """Run the page and the API, and without a broker all that is behind them."""
    from unmask.cli.service import serve as run

    raise typer.Exit(run(host, port, data, workers))


@app.command()
def worker(
    queues: Annotated[
        list[str] | None, typer.Option(help="Of video, audio, explain, with commas; all when left out.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=256, help="Processes side by side; with a broker only.")] = 1,
    name: Annotated[str | None, typer.Option(help="Name of this worker among others on the same host.")] = None,
) -> None:
    """Analyse what the service took in, until a signal comes. The environment says for which service."""
    from unmask.cli.service import worker as run

    raise typer.Exit(run(queues or [], processes, name))


@app.command()
def beat() -> None:
    """Keep a service in order: what workers left, messages, webhooks, retention. One process is enough."""
    from unmask.cli.service import beat as run

    raise typer.Exit(run())


@app.command("mcp")
def mcp_command(
    server: Annotated[str | None, typer.Option(help="Let this server analyse, instead of this machine.")] = None,
    key: Annotated[str | None, typer.Option(envvar="UNMASK_KEY", help="Its API key.", show_envvar=True)] = None,
    root: Annotated[
        Path | None, typer.Option(help="Take only files below this folder.", exists=True, file_okay=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the reports of this machine.")] = Path("unmask-results"),
) -> None:
    """Let an assistant use Unmask, by the Model Context Protocol over standard input and output."""
    from unmask.cli.mcp import run

    run(server, key, root, out)


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="The revision to reach; `base` leaves nothing.")] = "head",
    down: Annotated[bool, typer.Option("--down", help="Go back to it instead of forward.")] = False,
) -> None:
    """Bring the service's database to the schema of this version. Run it before the first start and each upgrade."""
    from unmask.cli.access import bring_schema

    bring_schema(to, down=down)


@models_app.command("list")
def models_list() -> None:
    """Name, version, size and what is known of each model's accuracy."""
    from unmask.cli.models import show

    show()


@models_app.command("verify")
def models_verify() -> None:
    """Check the weights of all models against the hashes in their cards. Exits with 1 when one differs."""
    from unmask.cli.models import verify

    raise typer.Exit(0 if verify() else 1)


records.register(app)


@models_app.command("add")
def models_add(
    files: Annotated[
        list[Path], typer.Argument(help="Published weights: Keras (.h5) or PyTorch (.pth) files.", show_default=False)
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Folder of added models (default: UNMASK_EXTRA_MODELS).", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The model's name (default: from the file).", show_default=False)
    ] = None,
    source: Annotated[str, typer.Option(help="Where the file comes from, for the card.")] = "not stated",
    licence: Annotated[str, typer.Option(help="Its licence, for the card.")] = "not stated",
    architecture: Annotated[
        str | None, typer.Option(help="What network it belongs to (default: read from the file).", show_default=False)
    ] = None,
) -> None:
    """Take weights that others published: copied, hashed, a card written. `unmask evaluate` then measures them too."""
    from unmask.cli.models import add

    raise typer.Exit(add(files, folder, name=name, source=source, licence=licence, architecture=architecture))


if __name__ == "__main__":
    main()
