"""Sound to listen to: the stretch that weighs most, as a file of its own."""

from __future__ import annotations

import io

from unmask.media.speech import cut_voiced
from unmask.types import Interval, Sound


def voice_clip(sound: Sound, stretch: Interval) -> bytes:
    """The stretch as WAV (16 kHz, mono, 16 bit), cut by Pydub. Raises ValueError when the sound has nothing of it."""
    cut = cut_voiced(sound, [stretch])
    if not cut:
        raise ValueError("the sound does not reach into the stretch")
    sink = io.BytesIO()
    cut[0].export(sink, format="wav")
    return sink.getvalue()
