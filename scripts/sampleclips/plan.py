"""What the two sample clips show and when: the one place that both the clips and samples/truth.json come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 480
FPS: Final = 25
SECONDS: Final = 15.2
RATE: Final = 48_000
"""Samples per second of the soundtrack."""

FRAMES: Final = round(SECONDS * FPS)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the soundtrack: a recording in samples/voice/, and when it begins, in seconds."""

    file: str
    start: float
    words: str


BEFORE: Final = Sentence("sense_and_sensibility_01_austen_64kb-0880.wav", 0.5, "He was not an ill-disposed young man.")
MIDDLE: Final = Sentence(
    "sense_and_sensibility_01_austen_64kb-0920.wav",
    4.0,
    "Had he married a more amiable woman, he might have been made still more respectable than he was.",
)
AFTER: Final = Sentence(
    "sense_and_sensibility_01_austen_64kb-0930.wav", 11.6, "He might even have been made amiable himself."
)
MADE: Final = Sentence(
    "synthetic.wav",
    4.0,
    "These words were never spoken by a person. A machine made the voice, and this face as well, "
    "out of nothing but numbers.",
)
"""What the manipulated clip has in place of the sentence in the middle."""

FORGED: Final = (4.0, 11.4)
"""The stretch, in seconds, in which the manipulated clip has another face."""
