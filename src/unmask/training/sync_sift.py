"""Clips of unknown making are listened to before they count: dubbed or shifted ones would teach the wrong thing.

A network that learned from recordings of known making alone says for every other clip, over all of it, which shift fits
best and how clearly; none of these clips has trained that network. Over a whole clip this is far surer than over the
four seconds of a window, so that hard moments of good clips stay (as the clips of LRS2 and VoxCeleb were chosen).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.models.sync_net import NEAR, REACH, curve
from unmask.training.sync_data import Clip
from unmask.training.sync_report import prepared, windows

TRUSTED_SOURCES = frozenset(
    {
        "luna-ai-lab/DH-FaceVid-1K",
        "osalinasv/lipnet",
        "rizkiarm/LipNet",
        "opendemo-mm/AlignDiT",
        "filby89/spectre",
        "dr-pato/audio-visual-speech-inpainting",
        "aispeech-lab/advr-avss",
        "amrkh97/Lipify-LipReading",
        "HumanAIGC/omnitalker",
        "FreedomIntelligence/talk-vid",
        "Hangz-nju-cuhk/Talking-Face_PC-AVS",
        "looking-to-listen/looking-to-listen.github.io",
        "jixinya/EAMM",
    }
)
"""Recordings of speech made for research: GRID, LRS3, VoxCeleb2, MEAD, RAVDESS, DH-FaceVid and the like."""

HOP = 50
CLEAR = 0.35
"""Share of the trusted clips' median clearness that a clip must reach."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a clip's sound fits over all of it: `offset` in ticks, `clearness` the peak near zero above the mean."""

    clip: Clip
    windows: int
    offset: int
    clearness: float


def is_trusted(clip: Clip) -> bool:
    """Whether the clip comes from a source of known making."""
    return clip.row.source in TRUSTED_SOURCES


def measure(network: Any, clips: Sequence[Clip]) -> list[Fit]:
    """The fit of every clip that has a window long enough to be heard."""
    found = []
    for clip in clips:
        places = windows(clip, HOP)
        if not places:
            continue
        total = 0.0
        for place in places:
            parts = prepared(*place, clip.sound)
            lips, voice, _ = network([part[None] for part in parts], training=False)
            total = total + curve(np.asarray(lips)[0], np.asarray(voice)[0]).sum(axis=0)
        mean = np.asarray(total) / sum(ticks for _, _, ticks in places)
        near = float(mean[REACH - NEAR : REACH + NEAR + 1].max())
        found.append(Fit(clip, len(places), int(mean.argmax()) - REACH, near - float(mean.mean())))
    return found


def sift(network: Any, clips: Sequence[Clip], table: Path) -> list[Clip]:
    """The trusted clips, and the others whose sound fits; what was found goes to the CSV `table`.

    A table that is there already is believed.
    """
    if not table.is_file():
        trusted = [fit.clearness for fit in measure(network, [clip for clip in clips if is_trusted(clip)])]
        needed = CLEAR * float(np.median(trusted)) if trusted else 0.0
        _write(table, measure(network, [clip for clip in clips if not is_trusted(clip)]), needed)
    with table.open(encoding="utf-8", newline="") as source:
        fits = {line["path"] for line in csv.DictReader(source) if line["kept"] == "1"}
    return [clip for clip in clips if is_trusted(clip) or str(clip.row.path) in fits]


def _write(table: Path, fits: Sequence[Fit], needed: float) -> None:
    with table.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["kept", "offset", "clearness", "needed", "windows", "source", "path"])
        for fit in fits:
            kept = abs(fit.offset) <= NEAR and fit.clearness >= needed
            names = (fit.clip.row.source, fit.clip.row.path)
            writer.writerow([int(kept), fit.offset, f"{fit.clearness:.4f}", f"{needed:.4f}", fit.windows, *names])
