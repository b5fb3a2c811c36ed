"""Clips with three seconds of somebody else's speech in their middle: whether lip-sync finds them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from unmask.evaluation.localisation import Located, localise
from unmask.fusion.dubs import cut
from unmask.media.mouths import TICKS
from unmask.models.card import Card, Metric
from unmask.models.sync_net import EDGE
from unmask.training.sync_batches import LEAST_SPOKEN, PER_TICK
from unmask.training.sync_data import Clip, Run
from unmask.training.sync_report import Judge, Scorer, windows
from unmask.types import FloatArray, Interval, ScorePoint, Signal, Sync

LENGTH = 3 * TICKS
"""Ticks that are dubbed."""

AROUND = 2 * TICKS
"""Ticks of own sound that must be seen on either side."""

FADE = 320
"""Samples over which the one voice goes over into the other: 20 ms, as an editor would."""

CONDITION = "3 s dubbed in the middle"


@dataclass(frozen=True, slots=True)
class Dub:
    """A clip with one run alone, and the sound with which the ticks `[first, first + LENGTH)` are dubbed."""

    clip: Clip
    first: int
    sound: FloatArray


def make_dubs(clips: Sequence[Clip]) -> list[Dub]:
    """One for every clip with a run long enough in whose middle somebody speaks; other persons of `clips` lend voice.

    The borrowed speech is as loud as what it replaces.
    """
    lenders = [(clip, place) for clip in clips if (place := _most_spoken(clip)) is not None]
    found = []
    for number, clip in enumerate(clips):
        run = max(clip.runs, key=len)
        first = run.first + (len(run) - LENGTH) // 2
        order = [lenders[(number + i) % len(lenders)] for i in range(len(lenders))]
        other = next((one for one in order if one[0].row.identity != clip.row.identity), None)
        alone = replace(clip, runs=(run,))
        if len(run) < LENGTH + 2 * AROUND or not windows(alone) or other is None:
            continue
        if clip.voiced[first : first + LENGTH].sum() >= LEAST_SPOKEN * LENGTH:
            begin = other[1] * PER_TICK
            voice = other[0].sound[begin : begin + LENGTH * PER_TICK]
            found.append(Dub(alone, first, _dubbed(clip.sound, voice, first * PER_TICK)))
    return found


def find_dubs(scorer: Scorer, clips: Sequence[Clip], judge: Judge, card: Card, split: str) -> Metric | None:
    """Average precision of the dubbed stretches at an overlap of one half, over dubbed and untouched clips.

    Segments are cut as an analysis does, by the card's threshold and calibration. None where no clip is long enough.
    """
    dubs = make_dubs(clips)
    if not dubs:
        return None
    alone = [dub.clip for dub in dubs]
    heard = scorer.score(alone, lambda number, _: dubs[number].sound).logits(judge)
    left = scorer.score(alone).logits(judge)
    files = []
    for dub, altered, untouched in zip(dubs, heard, left, strict=True):
        fits = scorer.syncs(dub.clip, dub.sound), scorer.syncs(dub.clip, dub.clip.sound)
        true = (dub.first / TICKS, (dub.first + LENGTH) / TICKS)
        group = dub.clip.row.identity
        files.append(Located((true,), segments(dub.clip, altered, fits[0], card), group))
        files.append(Located((), segments(dub.clip, untouched, fits[1], card), group))
    measured = localise(files)
    assert measured is not None
    return Metric(
        split=split,
        condition=CONDITION,
        unit="person",
        n_real=len(dubs),
        n_fake=len(dubs),
        ap_50=round(measured.ap_50.value, 4),
        ap_50_interval=(round(measured.ap_50.low, 4), round(measured.ap_50.high, 4)),
    )


def segments(
    clip: Clip, logits: FloatArray, syncs: Sequence[Sync], card: Card
) -> tuple[tuple[float, float, float], ...]:
    """(start, end, probability) of the stretches out of sync; a logit and a fit for each of the clip's `windows`."""
    points = []
    for (run, start, ticks), logit, sync in zip(windows(clip), logits, syncs, strict=True):
        stretch = seen(run, start, ticks)
        points.append(ScorePoint(stretch.start, stretch.end, float(logit), sync=sync))
    signal = Signal(card.name, "person-1", "audio_visual", tuple(points))
    return tuple((float(s.start), float(s.end), s.probability) for s in cut(signal, card))


def seen(run: Run, start: int, ticks: int) -> Interval:
    """All that a window looks at, its edges with it."""
    first = run.first + start
    return Interval(Fraction(max(0, first - EDGE), TICKS), Fraction(first + ticks + EDGE, TICKS))


def _most_spoken(clip: Clip) -> int | None:
    """The tick from which the most is said within `LENGTH`; None where there is too little."""
    if len(clip.sound) < LENGTH * PER_TICK:
        return None
    ends = len(clip.sound) // PER_TICK - LENGTH
    total = np.concatenate([[0], np.cumsum(clip.voiced.astype(np.int64))])
    first = np.arange(min(ends, len(total) - 1 - LENGTH) + 1)
    if len(first) == 0:
        return None
    said = total[first + LENGTH] - total[first]
    return int(first[said.argmax()]) if said.max() >= LEAST_SPOKEN * LENGTH else None


def _dubbed(sound: FloatArray, voice: FloatArray, begin: int) -> FloatArray:
    """The sound with `voice` in place of its own from sample `begin` on, as loud, and faded at both ends."""
    own = sound[begin : begin + len(voice)]
    voice = voice[: len(own)]
    loud = float(np.sqrt(np.mean(own**2))) / max(float(np.sqrt(np.mean(voice**2))), 1e-6)
    ramp = np.minimum(1.0, np.minimum(np.arange(len(own)), np.arange(len(own))[::-1]) / FADE).astype(np.float32)
    mixed = sound.copy()
    mixed[begin : begin + len(own)] = np.clip(own * (1 - ramp) + voice * (loud * ramp), -1, 1)
    return mixed
