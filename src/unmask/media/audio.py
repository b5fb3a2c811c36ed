"""Mono 16 kHz sound on the media's clock; a sample has the same value whichever way it is reached.

How: the media is cut into blocks on an absolute grid, and a block's samples are a function of the packets whose time
lies from `LEAD` before it to `TAIL` after it, and of nothing else: a fresh decoder decodes them, and they are resampled
in one piece (soxr, linear phase) with a phase that is tied to the clock. So neither the shards' length, nor a seek, nor
what was read before can change a value. The lead lets codecs with a memory settle (Opus asks for 80 ms, MP3's bit
reservoir for some 250 ms) and costs LEAD / BLOCK, 3 %, of the decoding.
"""

from __future__ import annotations

from collections import OrderedDict
from fractions import Fraction
from typing import Any

import numpy as np

from unmask.errors import DecodeFailed
from unmask.ingest.memory import raise_if_short
from unmask.media.closing import Closing
from unmask.media.container import open_container, pick_stream
from unmask.media.soundblocks import RunBuilder, mono, render
from unmask.media.soundpackets import PacketWindow, TimedPacket
from unmask.types import SAMPLE_RATE, FloatArray, Interval, Media, Sound

BLOCK = 30
"""Seconds in a block."""

LEAD = Fraction(1)
"""Seconds decoded before a block, for the decoder and the resampler to settle."""

TAIL = Fraction(1, 4)
"""Seconds decoded after a block: the resampler's reach, and packets that overlap the end."""

KEPT = 3
"""Blocks kept: a shard of the default length and the window beyond it touch at most this many."""


class SoundReader(Closing):
    """Serves any stretch of the sound; consecutive stretches cost no seek and decode every block once."""

    def __init__(self, media: Media) -> None:
        if media.audio is None:
            raise ValueError("the media has no sound")
        self._media = media
        self._index = media.audio.index
        self._window = PacketWindow(media)
        self._blocks: OrderedDict[int, tuple[FloatArray, bool]] = OrderedDict()
        self._lost: dict[int, int] = {}

    @property
    def damaged(self) -> int:
        """Packets that were lost to damage in the blocks read so far."""
        return sum(self._lost.values())

    def read(self, interval: Interval) -> Sound:
        """The sound in `interval`, shorter where the sound stream ends before it; silence before its start and in gaps.

        The first sample is the one nearest to `interval.start` on the grid n / 16000. Raises DecodeFailed when nothing
        of the stream can be decoded.
        """
        first = max(0, round(interval.start * SAMPLE_RATE))
        last = max(first, round(interval.end * SAMPLE_RATE))
        size = BLOCK * SAMPLE_RATE
        parts = [np.zeros(0, np.float32)]
        for number in range(first // size, -(-last // size)):
            samples, final = self._block(number)
            parts.append(samples[max(0, first - number * size) : last - number * size])
            if final:
                break
        return Sound(Fraction(first, SAMPLE_RATE), np.concatenate(parts))

    def close(self) -> None:
        """Let go of the file."""
        self._window.close()
        self._blocks.clear()

    def _block(self, number: int) -> tuple[FloatArray, bool]:
        """The samples of a block, and whether it is the last one; the last one may be shorter."""
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start, end = Fraction(number * BLOCK), Fraction((number + 1) * BLOCK)
        packets = self._window.between(start - LEAD, end + TAIL)
        final = not self._window.any_from(end)
        builder = self._decode(packets, number)
        if number == 0 and final and not builder.runs:
            raise DecodeFailed(f"{self._media.name}: no sound could be decoded")
        size = BLOCK * SAMPLE_RATE
        samples, covered = render(builder.runs, number * size, size)
        self._blocks[number] = (samples[:covered].copy() if final else samples, final)
        if len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[number]

    def _decode(self, packets: list[TimedPacket], number: int) -> RunBuilder:
        """Decode packets with a decoder that has seen nothing else: its state must not depend on the way here."""
        import av

        builder = RunBuilder()
        self._lost[number] = 0
        if not packets:
            return builder
        with open_container(self._media) as container:
            stream: Any = pick_stream(container, self._index, self._media.name)
            for timed in [*packets, None]:
                try:
                    frames = stream.codec_context.decode(timed.packet if timed else None)
                except av.FFmpegError as error:
                    raise_if_short(error)
                    builder.cut()
                    # a decoder may stumble over its first packets in the lead: that is no damage
                    self._lost[number] += timed is None or timed.time >= number * BLOCK
                    continue
                for frame in frames:
                    stamp = None if frame.pts is None else frame.pts * stream.time_base - self._media.origin
                    builder.add(stamp, frame.sample_rate, mono(frame))
        return builder
