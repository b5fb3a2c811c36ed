"""Mouths while somebody is heard to speak: windows of 4.4 s, one every second, read a second time at 25 ticks a second.

Windows start at anchors, whole numbers of sampling slots about a second apart on the media's own clock. At every anchor
the faces are found anew and followed up to the next one, so what a window holds is a function of the media alone: it
depends neither on the shard that asks nor on what was followed before. A shard owns the windows that start in it, and
reads beyond its end for them.

Only stretches with a large enough face and enough speech are read, at most `MOST_FACES` faces at once. That costs about
what looking for faces four times a second costs (2 ms a face and tick, 16 ms an anchor). Media longer than `FOLLOWED`
are read in cells of `CELL`, evenly spread, that add up to no more than that: a long film costs what five minutes cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from unmask.media.faces import FaceFinder
from unmask.media.mouthruns import MouthRun, Piece, chain
from unmask.media.mouths import LONGEST_GAP, TICKS, on_clock
from unmask.media.sampling import slot_rate
from unmask.media.sources import SoundSource, open_video
from unmask.media.speech import SpeechFinder
from unmask.types import SAMPLE_RATE, FaceSample, FloatArray, Interval, Media, MouthWindow, Shard

LENGTH = 110
"""Ticks in a window: the four seconds that are scored, and 0.2 s on either side that the network looks beyond."""

SHORTEST = 60
"""The same for a face that is seen for a shorter time: all of it is one window, as in training."""

MARGIN = 5
"""Ticks on either side that are not scored themselves."""

BEYOND = 15
"""Ticks of sound before and after a window: it is shifted by as much."""

LEAST_SPOKEN = Fraction(2, 5)
"""Share of the scored part that must be voiced, as in training."""

MIN_FACE = 48.0
"""Shorter side, in pixels, from which a mouth shows enough, as in training."""

MOST_FACES = 3
"""Faces followed at once, the largest."""

FOLLOWED = Fraction(300)
CELL = Fraction(10)

SAME_FACE = 0.4
"""Overlap (IoU) from which two looks at one moment show the same face."""


class LipReader:
    """Reads the mouth windows of shards with a second pass over the picture; `finder` gives the face finder to use."""

    def __init__(
        self, media: Media, fps: float, sound: SoundSource, speech: SpeechFinder, finder: Callable[[], FaceFinder]
    ) -> None:
        self._media = media
        self._rate = slot_rate(fps)
        self._step = max(1, round(self._rate)) / self._rate
        self._sound = sound
        self._speech = speech
        self._finder = finder
        self._video = open_video(media, 2 * TICKS)

    def read(self, shard: Shard, faces: Sequence[FaceSample]) -> tuple[MouthWindow, ...]:
        """The windows that start in the shard, by time and face; `faces` are those of its sampled frames."""
        found: list[MouthWindow] = []
        for anchors in _groups(self._wanted(shard, faces), math.ceil(Fraction(LENGTH, TICKS) / self._step)):
            found.extend(self._windows(anchors, faces))
        return tuple(sorted(found, key=lambda window: (window.start, window.face)))

    def close(self) -> None:
        """Let go of the file."""
        self._video.close()

    def _wanted(self, shard: Shard, faces: Sequence[FaceSample]) -> list[int]:
        """The anchors in the shard at which a window with a face and speech may start."""
        shown = {int(f.observation.time // self._step) for f in faces if self._starts(f)}
        heard = self._speech.find(Interval(shard.start, shard.end + Fraction(LENGTH, TICKS)))
        every = max(1, math.ceil(self._media.duration / FOLLOWED))
        return [
            anchor
            for anchor in range(math.ceil(shard.start / self._step), math.ceil(shard.end / self._step))
            if anchor in shown
            and int(anchor * self._step // CELL) % every == 0
            and self._spoken(anchor * self._step, heard)
        ]

    def _starts(self, face: FaceSample) -> bool:
        """Whether the face lies in the sampling slot of an anchor and is large enough."""
        return face.observation.time % self._step < 1 / self._rate and face.observation.size >= MIN_FACE

    def _spoken(self, start: Fraction, heard: Sequence[Interval]) -> bool:
        begin = start + Fraction(MARGIN, TICKS)
        end = min(start + Fraction(LENGTH - MARGIN, TICKS), self._media.duration - Fraction(MARGIN, TICKS))
        voiced = sum((max(Fraction(0), min(end, s.end) - max(begin, s.start)) for s in heard), Fraction(0))
        return end > begin and voiced >= LEAST_SPOKEN * (end - begin)

    def _windows(self, anchors: Sequence[int], faces: Sequence[FaceSample]) -> Iterator[MouthWindow]:
        # from one anchor earlier: only so a shard knows whether its first face was there before
        for run in self._follow(max(0, anchors[0] - 1), self._tick(anchors[-1]) + LENGTH):
            sound = self._sound_of(run)
            for anchor in anchors:
                tick = self._tick(anchor)
                length = min(LENGTH, run.end - tick)
                least = LENGTH if anchor - 1 in run.boxes else SHORTEST
                if anchor not in run.boxes or length < least:
                    continue
                seen = [f.observation for f in faces if f.observation.time // self._step == anchor and self._starts(f)]
                face = max(seen, key=lambda o: o.box.iou(run.boxes[anchor]), default=None)
                if face is None or face.box.iou(run.boxes[anchor]) < SAME_FACE:
                    continue
                first, per_tick = tick - run.first, SAMPLE_RATE // TICKS
                yield MouthWindow(
                    face=face.key,
                    start=anchor * self._step,
                    end=anchor * self._step + Fraction(length, TICKS),
                    crops=run.crops[first : first + length],
                    outlines=run.outlines[first : first + length],
                    sound=sound[first * per_tick : (first + length + 2 * BEYOND) * per_tick],
                )

    def _follow(self, anchor: int, last: int) -> list[MouthRun]:
        """Runs of mouths from an anchor up to the tick `last`; one decoded picture is held at a time."""
        pieces: dict[int, list[Piece]] = {}
        number, begin = anchor - 1, self._tick(anchor)
        stretch = Interval(max(Fraction(0), Fraction(begin, TICKS) - LONGEST_GAP), Fraction(last, TICKS) + LONGEST_GAP)
        shown = ((frame.time, frame.image) for frame in self._video.frames(stretch))
        for tick, image in on_clock(shown):
            if not begin <= tick < last:
                continue
            while tick >= self._tick(number + 1):
                number += 1
            if tick == self._tick(number):
                found = self._finder().find(image, Fraction(0), MOST_FACES, MIN_FACE)
                pieces[number] = [Piece.start(self._finder(), image, face, tick) for face in found]
            for piece in pieces.get(number, ()):
                piece.see(tick, image)
        return chain(pieces, self._tick)

    def _sound_of(self, run: MouthRun) -> FloatArray:
        """Sound from `BEYOND` ticks before a run to as many after it, silence where there is none."""
        per_tick = SAMPLE_RATE // TICKS
        first, last = run.first - BEYOND, run.end + BEYOND
        out = np.zeros((last - first) * per_tick, np.float32)
        heard = self._sound.read(Interval(Fraction(max(0, first), TICKS), Fraction(last, TICKS))).samples
        begin = max(0, -first) * per_tick
        out[begin : begin + len(heard)] = heard[: len(out) - begin]
        return out

    def _tick(self, anchor: int) -> int:
        """The first tick at or after an anchor."""
        return math.ceil(anchor * self._step * TICKS)


def _groups(anchors: Sequence[int], reach: int) -> Iterator[list[int]]:
    """Anchors whose windows touch, together: they are read in one go."""
    group: list[int] = []
    for anchor in anchors:
        if group and anchor - group[-1] > reach:
            yield group
            group = []
        group.append(anchor)
    if group:
        yield group
