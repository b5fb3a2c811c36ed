"""Talking clips for lip-sync: which are used for what, and their mouths and sound in a cache outside the project.

Only real clips with sound train: their lips belong to their sound, and everything that does not belong is made on the
way (`sync_batches.py`). A clip is kept as its sound from the media's first instant, and runs of mouth crops on the same
absolute clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import DatasetError, UnmaskError
from unmask.ingest import ingest
from unmask.media.mouths import OUTLINE, SIDE, TICKS, Follower, Mouth, on_clock
from unmask.media.sources import open_sound, open_video
from unmask.media.speech import speech
from unmask.settings import Settings
from unmask.training.cutting import cut_beside, finder, keep
from unmask.training.manifest import Row, read_manifests
from unmask.training.splits import Splits, choose, order_by, split_rows
from unmask.types import FloatArray, ImageArray, Interval, Media

FORMAT = 1
"""Part of every cached file's name: raise it when clips are cut in another way."""

LONGEST = Fraction(60)
"""Seconds of a clip that are kept."""

SHORTEST = TICKS
"""Ticks of the shortest run that is kept: one second."""

LOOK_AGAIN = 2 * TICKS
"""Ticks after which all faces of the picture are looked for again: the one followed may not be the only one."""

MIN_FACE = 48.0
LEAST_SPEECH = 0.3
"""Share of a clip's seen time that must be voiced for it to train."""

LARGEST_RIVAL = 0.6
"""Size of a second face, in sizes of the followed one, from which nobody knows who speaks."""

NO_OWN_SOUND = frozenset({"google-research/lingvo-lab", "Zejun-Yang/AniPortrait"})
"""Sources whose real pictures carry sound that was not recorded with them."""

CALIBRATION_SOURCES = frozenset(
    {
        "FreedomIntelligence/talk-vid",
        "Hangz-nju-cuhk/Talking-Face_PC-AVS",
        "looking-to-listen/looking-to-listen.github.io",
        "SkyworkAI/SkyReels-A1",
        "wyhsirius/LIA",
    }
)
DEV_SOURCES = frozenset({"filby89/spectre", "dr-pato/audio-visual-speech-inpainting", "HumanAIGC/omnitalker"})
HELD_SHARE = 0.12
"""Share of the persons of all other sources that calibrate, and as many that test."""


@dataclass(frozen=True, slots=True)
class Run:
    """Mouths at consecutive ticks from `first` on: `crops` uint8 (n, SIDE, SIDE), `outlines` float32 (n, 45, 2)."""

    first: int
    crops: ImageArray
    outlines: FloatArray

    def __len__(self) -> int:
        return len(self.crops)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: `sound` float32 at 16 kHz from the media's zero, `voiced` bool (ticks of the sound,)."""

    row: Row
    sound: FloatArray
    voiced: NDArray[np.bool_]
    runs: tuple[Run, ...]
    rival: float

    def usable(self) -> bool:
        """Whether somebody is seen to speak, and nobody else could be the one."""
        seen = [self.voiced[run.first : run.first + len(run)] for run in self.runs]
        ticks = sum(len(run) for run in self.runs)
        spoken = sum(int(part.sum()) for part in seen)
        return ticks > 0 and spoken >= LEAST_SPEECH * ticks and self.rival < LARGEST_RIVAL


def select(manifests: Sequence[Path]) -> Splits:
    """Real clips that may hold a voice, by use; no person and no held source is in two parts.

    Raises DatasetError when there is none to train on.
    """
    rows = [row for row in read_manifests(manifests, kinds=("video",)) if _talks(row)]
    persons = {row.person for row in rows if row.person}
    tested = choose(persons, HELD_SHARE, 0)
    rows = [replace(row, split="dev") if row.source in DEV_SOURCES or row.person in tested else row for row in rows]
    splits = split_rows(
        rows,
        calibration_sources=CALIBRATION_SOURCES,
        calibration_persons=choose(persons - tested, HELD_SHARE, 1),
    )
    if not splits.train:
        raise DatasetError("training lip-sync takes real clips of people who talk")
    return splits


def prepare(rows: Sequence[Row], cache: Path, *, workers: int = 2) -> Iterator[int]:
    """Cut all rows that the cache lacks; yields how many are done, as it goes."""
    cache.mkdir(parents=True, exist_ok=True)
    jobs = [(cache, row) for row in order_by(rows, lambda r: str(r.path), 0) if not part_path(cache, row).exists()]
    yield from cut_beside(_cut_file, jobs, workers=workers)


def load(cache: Path, rows: Iterable[Row]) -> list[Clip]:
    """The usable clips of those rows, in their order."""
    clips = (_load(part_path(cache, row), row) for row in rows)
    return [clip for clip in clips if clip is not None and clip.usable()]


def part_path(cache: Path, row: Row) -> Path:
    """Where the cache keeps a row."""
    name = hashlib.sha256(f"{FORMAT}:{row.path}".encode()).hexdigest()[:20]
    return cache / name[:2] / f"{name}.npz"


def read_clip(media: Media, finder: Any) -> dict[str, NDArray[Any]]:
    """What the cache keeps of a media: see `_load` for the names."""
    end = min(media.duration, LONGEST)
    whole = Interval(Fraction(0), end)
    with open_sound(media) as reader:
        sound = reader.read(whole).samples
        voiced = speech(reader, whole)
    ticks = np.zeros(int(end * TICKS) + 1, bool)
    for stretch in voiced:
        ticks[round(stretch.start * TICKS) : round(stretch.end * TICKS)] = True
    with open_video(media, 2 * TICKS) as pictures:
        shown = ((frame.time, frame.image) for frame in pictures.frames(whole))
        runs, rival = _follow(on_clock(shown), finder)
    kept = [(tick, run) for tick, run in runs if len(run) >= SHORTEST]
    flat = [mouth for _, run in kept for mouth in run]
    return {
        "sound": np.round(sound * 32_767).astype(np.int16),
        "voiced": ticks,
        "starts": np.asarray([tick for tick, _ in kept], np.int32),
        "lengths": np.asarray([len(run) for _, run in kept], np.int32),
        "crops": np.asarray([mouth.crop for mouth in flat], np.uint8).reshape(-1, SIDE, SIDE),
        "outlines": np.asarray([mouth.outline for mouth in flat], np.float16).reshape(-1, len(OUTLINE), 2),
        "sizes": np.asarray([mouth.size for mouth in flat], np.float32),
        "rival": np.asarray(rival, np.float32),
    }


def _talks(row: Row) -> bool:
    return row.label == "real" and row.crop is None and row.source not in NO_OWN_SOUND and _has_sound(row.path)


def _has_sound(path: Path) -> bool:
    import av

    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except (av.FFmpegError, OSError):
        return False


def _load(path: Path, row: Row) -> Clip | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        if "sound" not in stored.files:
            return None
        parts = {name: stored[name] for name in stored.files}
    ends = np.cumsum(parts["lengths"])
    runs = tuple(
        Run(int(start), parts["crops"][end - n : end], parts["outlines"][end - n : end].astype(np.float32))
        for start, n, end in zip(parts["starts"], parts["lengths"], ends, strict=True)
    )
    sound = parts["sound"].astype(np.float32) / np.float32(32_767)
    return Clip(row, sound, parts["voiced"], runs, float(parts["rival"]))


def _follow(pictures: Iterable[tuple[int, ImageArray]], finder: Any) -> tuple[list[tuple[int, list[Mouth]]], float]:
    """Runs of the largest face's mouth with their first ticks, and the relative size of the largest other face."""
    runs: list[tuple[int, list[Mouth]]] = []
    rival, looked, follower = 0.0, -LOOK_AGAIN, None
    last = -1
    for tick, image in pictures:
        if follower is None or tick != last + 1 or tick - looked >= LOOK_AGAIN:
            found = sorted(finder.find(image, Fraction(0), 8, 24.0), key=lambda face: -face.observation.size)
            looked = tick
            if len(found) > 1:
                rival = max(rival, found[1].observation.size / found[0].observation.size)
            if (follower is None or tick != last + 1) and found and found[0].observation.size >= MIN_FACE:
                follower = Follower(finder, finder.landmarks(image, found[0].observation.points))
                runs.append((tick, []))
        mouth = follower.see(image) if follower is not None else None
        if mouth is None:
            follower = None
        else:
            runs[-1][1].append(mouth)
        last = tick
    return runs, rival


def _cut_file(job: tuple[Path, Row]) -> None:
    cache, row = job
    parts: dict[str, NDArray[Any]] = {}
    with TemporaryDirectory(prefix="unmask-") as work:
        try:
            media = ingest(row.path, Path(work), Settings())
            if media.audio is not None and media.kind == "video":
                parts = read_clip(media, finder())
        except UnmaskError:
            parts = {}
    keep(part_path(cache, row), parts)
