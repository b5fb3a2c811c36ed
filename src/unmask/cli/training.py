"""`unmask train`: a command for each network. Heavy imports happen inside, so that `--help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

train_app = typer.Typer(help="Train a detector's network on your own manifests.", no_args_is_help=True)

Manifests = Annotated[
    list[Path], typer.Option("--manifest", help="CSV manifest of files and labels; repeat for more.", exists=True)
]
OutDir = Annotated[Path, typer.Option("--out", help="Folder for weights, card, curves and checkpoints.")]
CacheDir = Annotated[Path, typer.Option("--cache", help="Folder where prepared samples are kept for the next run.")]
Steps = Annotated[int, typer.Option("--steps", min=1, help="Optimiser steps.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything drawn at random.")]
Hours = Annotated[float | None, typer.Option("--hours", min=0.01, help="Stop sooner, after that many hours.")]
Initial = Annotated[
    Path | None, typer.Option("--initial", help="Weights of an earlier run to begin with.", exists=True, dir_okay=False)
]


def _begin_training() -> None:
    """Training says on standard error how far it is, and uses oneDNN's kernels on every processor.

    TensorFlow takes them by itself only where there is AVX-512; with AVX2 a step of lip-sync costs 1.6 times as much
    without. Numbers differ in the last digits only.
    """
    import logging
    import os

    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


@train_app.command("face")
def train_face(
    manifest: Manifests,
    out: OutDir,
    cache: CacheDir = Path("runs/cache-face"),
    steps: Steps = 3000,
    seed: Seed = 1,
    hours: Hours = None,
    initial: Initial = None,
) -> None:
    """Train the face network on pictures and clips, with self-blended faces made on the way."""
    from unmask.training.train_face import train_face as run

    _begin_training()
    typer.echo(run(manifest, out, cache, steps=steps, seed=seed, hours=hours, initial=initial))


@train_app.command("face-rotation")
def train_face_rotation(
    manifest: Manifests,
    out: OutDir,
    cache: CacheDir = Path("runs/cache-face"),
    steps: Steps = 3000,
    seed: Seed = 1,
    hours: Hours = None,
    initial: Initial = None,
    rotations: Annotated[
        int, typer.Option("--rotations", min=2, help="Networks that leave out the methods and sources between them.")
    ] = 3,
) -> None:
    """Train face networks that each never see a part of methods and sources, and judge them on these."""
    from unmask.training.face_rotation import train_rotations as run

    _begin_training()
    typer.echo(run(manifest, out, cache, steps=steps, seed=seed, hours=hours, initial=initial, count=rotations))


@train_app.command("voice")
def train_voice(
    manifest: Manifests,
    out: OutDir,
    cache: CacheDir = Path("runs/cache-voice"),
    steps: Steps = 4000,
    seed: Seed = 1,
    hours: Hours = None,
    initial: Initial = None,
) -> None:
    """Train the voice network on speech, with copy-synthesised speech made on the way."""
    from unmask.training.train_voice import train_voice as run

    _begin_training()
    typer.echo(run(manifest, out, cache, steps=steps, seed=seed, hours=hours, initial=initial))


@train_app.command("lip_sync")
def train_lip_sync(
    manifest: Manifests,
    out: OutDir,
    cache: CacheDir = Path("runs/cache-sync"),
    steps: Steps = 6000,
    seed: Seed = 1,
    hours: Hours = None,
) -> None:
    """Train the lip-sync network on real talking clips alone."""
    from unmask.training.train_sync import train_sync as run

    _begin_training()
    typer.echo(run(manifest, out, cache, steps=steps, seed=seed, hours=hours))


@train_app.command("motion")
def train_motion(
    manifest: Manifests,
    out: OutDir,
    cache: CacheDir = Path("runs/cache-motion"),
    steps: Steps = 1500,
    seed: Seed = 1,
    hours: Hours = None,
) -> None:
    """Train the motion network on heads over time, with made ones derived from real ones on the way."""
    from unmask.training.train_motion import train_motion as run

    _begin_training()
    typer.echo(run(manifest, out, cache, steps=steps, seed=seed, hours=hours))
