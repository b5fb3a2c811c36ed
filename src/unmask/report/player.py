"""What a player draws over the film and beside it: `player.json`, one file beside the document.

Faces by time, the heat maps with the place in the picture that each covers, and every signal as a curve.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.fusion.calibration import point_probability
from unmask.media.align import crop_matrix, invert
from unmask.models.card import Card
from unmask.result import Evidence
from unmask.types import Media, Signal, Track

NAME = "player.json"
SCHEMA = "unmask.player/1"
_NEAR = 0.002
"""Seconds: evidence gives its time rounded to milliseconds."""


def write_player(
    media: Media,
    tracks: Sequence[Track],
    signals: Sequence[Signal],
    *,
    evidence: Sequence[Evidence],
    cards: Mapping[str, Card],
    folder: Path,
) -> Path:
    """Write `player.json` into an existing folder; returns its path.

    Boxes are [time, x, y, width, height] in pixels of the picture as displayed, whose size is given; curves are
    [time, probability], the middle of what was scored. All times are seconds on the media's clock.
    """
    size = (media.video.width, media.video.height) if media.video else None
    document = {
        "schema": SCHEMA,
        "size": size,
        "persons": [{"subject": track.subject, "boxes": _boxes(track)} for track in tracks],
        "heats": [heat for piece in evidence if (heat := _heat(piece, tracks)) is not None],
        "signals": [_curve(signal, cards[signal.detector]) for signal in signals if signal.detector in cards],
    }
    path = folder / NAME
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    return path


def _boxes(track: Track) -> list[list[float]]:
    return [
        [round(float(seen.time), 4), *(round(float(v), 1) for v in (box.x, box.y, box.width, box.height))]
        for seen in track.observations
        for box in (seen.box,)
    ]


def _heat(piece: Evidence, tracks: Sequence[Track]) -> dict[str, Any] | None:
    """A heat map and the three corners (top left, top right, bottom left) of the part of the picture it covers."""
    time = piece.facts.get("time")
    if piece.kind != "heat_map" or piece.artifact is None or not isinstance(time, int | float):
        return None
    track = next((track for track in tracks if track.subject == piece.subject), None)
    seen = min(track.observations, key=lambda o: abs(float(o.time) - time), default=None) if track else None
    if seen is None or abs(float(seen.time) - time) > _NEAR:
        return None
    try:
        back = invert(crop_matrix(seen.points, 1))
    except ValueError:
        return None
    edges = np.asarray([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5]])  # of one pixel as large as the crop
    corners = edges @ back[:, :2].T + back[:, 2]
    return {
        "evidence": piece.id,
        "subject": piece.subject,
        "time": time,
        "artifact": piece.artifact,
        "corners": [[round(float(v), 2) for v in corner] for corner in corners],
    }


def _curve(signal: Signal, card: Card) -> dict[str, Any]:
    points = [
        [round(float(p.start + p.end) / 2, 3), round(point_probability(p.logit, card.calibration), 4)]
        for p in signal.points
    ]
    return {"detector": signal.detector, "subject": signal.subject, "points": points}
