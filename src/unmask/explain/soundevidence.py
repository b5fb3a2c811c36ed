"""The sound that weighs most as evidence: its spectrogram, what its patches add, and the stretch to listen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unmask.explain.checks import check_facts, draw_check
from unmask.explain.choose import segments_of, stretch_of_sound
from unmask.explain.clips import voice_clip
from unmask.explain.inputs import EvidenceInputs, ScoredSignal, Tools
from unmask.explain.shelf import Shelf, rounded
from unmask.explain.soundshares import SoundShares, sound_shares, strongest_patch
from unmask.explain.spectrogram import WINDOW, draw_spectrogram
from unmask.types import SAMPLE_RATE, Interval, Media, ScorePoint, Sound


@dataclass(frozen=True, slots=True)
class Heard:
    """A window of sound that weighs: whose score it is, and all that was found in the media."""

    media: Media
    signal: ScoredSignal
    point: ScorePoint
    inputs: EvidenceInputs


def put_spectrogram(shelf: Shelf, tools: Tools, heard: Heard) -> None:
    """The sound around the window as a picture and to listen to; of the voice also what its patches add."""
    media, signal, point, inputs = heard.media, heard.signal, heard.point, heard.inputs
    spans = list(segments_of(signal, inputs))
    stretch = stretch_of_sound(media, point, [span for _, span in spans])
    sound = tools.sound(media, stretch)
    if len(sound.samples) < WINDOW:
        return
    voiced = [s for s in inputs.speech if s.start < stretch.end and s.end > stretch.start]
    shares = _shares(signal, tools, sound, point)
    shown = shares if shares is not None and shares.faithful.holds else None
    image = draw_spectrogram(sound, voiced, Interval(point.start, point.end), shown, shelf.language)
    facts = {
        "start": rounded(float(stretch.start)),
        "end": rounded(float(stretch.end)),
        "window": [rounded(float(point.start)), rounded(float(point.end))],
        "probability": rounded(signal.probabilities[signal.signal.points.index(point)]),
        "logit": rounded(point.logit),
        "voiced": [[rounded(float(s.start)), rounded(float(s.end))] for s in voiced],
        **({} if shares is None else _shap_facts(shares, float(point.start))),
    }
    key = (signal.signal.detector, signal.signal.subject)
    files = {"spectrogram.png": image, "voice.wav": voice_clip(sound, stretch)}
    if shares is not None:
        files["check.svg"] = draw_check(shares.faithful, shelf.language)
    number = shelf.put("spectrogram", key, files, facts)
    middle = float((point.start + point.end) / 2)
    for segment, (start, end) in spans:
        if start <= middle <= end:
            shelf.of_segment.setdefault(segment, []).append(number)


def _shares(signal: ScoredSignal, tools: Tools, sound: Sound, point: ScorePoint) -> SoundShares | None:
    """What the patches of a window add; None where the sound is of another detector than the voice's."""
    if tools.voice is None or signal.signal.detector != "voice":
        return None
    heard = sound.cut(Interval(point.start, point.end))
    window = np.resize(heard, round(tools.voice.seconds * SAMPLE_RATE)).astype(np.float32)
    return sound_shares(window, tools.voice, len(heard) / SAMPLE_RATE)


def _shap_facts(shares: SoundShares, start: float) -> dict[str, Any]:
    """The values to the full, so that their sum can be checked; which patch stands out, where the map holds."""
    facts: dict[str, Any] = {
        "method": "shap partition (bands by half seconds)",
        "check": check_facts(shares.faithful),
        "shap": {
            "base": shares.base,
            "logit": shares.logit,
            "seconds": [rounded(start + edge) for edge in shares.seconds],
            "hertz": list(shares.hertz),
            "values": shares.values.tolist(),
        },
    }
    if shares.faithful.holds and shares.values.max() > 0:
        (first, last), (low, high) = strongest_patch(shares)
        facts["strongest_sound"] = {
            "start": rounded(start + first),
            "end": rounded(start + last),
            "low_hz": low,
            "high_hz": high,
            "adds": float(shares.values.max()),
        }
    return facts
