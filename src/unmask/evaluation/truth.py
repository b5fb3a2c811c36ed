"""What is true of a file, for the face, for the voice and for the whole: a clip may be fake in one of them alone."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.training.manifest import Row

VOICE_ALONE = "audiosynth:"
"""A clip whose method begins so has a made voice, and a face that nobody touched."""

OF = {"face": "face", "motion": "face", "voice": "voice"}
"""Which truth a detector is measured against; one that is not listed, like the verdict, against that of the whole."""

KINDS = {
    "face": ("video", "image"),
    "motion": ("video",),
    "voice": ("video", "audio"),
    "lip_sync": ("video",),
}
"""The kinds of media that a detector can say anything about; all of them where it is not listed."""


def kind_of(subject: str) -> str:
    """The detector of ours whose question a subject answers: "face" for the added model "face:meso4_df"."""
    return subject.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether the face, the voice and anything at all is fake; None where nobody knows or there is no such thing.

    `segments` are the altered stretches, (start, end) seconds: empty when nothing is altered, None when unknown.
    """

    face: bool | None
    voice: bool | None
    whole: bool
    segments: tuple[tuple[float, float], ...] | None

    def of(self, subject: str) -> bool | None:
        """Whether a file is fake in the respect that `subject` (a detector, or "verdict") looks at."""
        return {"face": self.face, "voice": self.voice}.get(OF.get(kind_of(subject), ""), self.whole)

    def stretches(self, subject: str) -> tuple[tuple[float, float], ...] | None:
        """Altered stretches that `subject` should find; None where unknown."""
        fake = self.of(subject)
        if fake is None:
            return None
        return self.segments if fake else ()


def truth(row: Row) -> Truth:
    """The truth of a row. A fake clip tells nothing about its voice, unless the method or a column does."""
    fake = row.label == "fake"
    return Truth(
        face=None if row.kind == "audio" else _known(row.face, _face(row)),
        voice=None if row.kind == "image" else _known(row.voice, _voice(row)),
        whole=fake,
        segments=(row.segments or None) if fake else (),
    )


def applies(row: Row, subject: str) -> bool:
    """Whether `subject` is asked about this row at all: its kind of media fits, and the truth is known."""
    return row.kind in KINDS.get(kind_of(subject), (row.kind,)) and truth(row).of(subject) is not None


def _known(column: str | None, otherwise: bool | None) -> bool | None:
    return otherwise if column is None else column == "fake"


def _face(row: Row) -> bool:
    return row.label == "fake" and not row.method.startswith(VOICE_ALONE)


def _voice(row: Row) -> bool | None:
    if row.kind == "audio" or row.label == "real" or row.method.startswith(VOICE_ALONE):
        return row.label == "fake"
    return None
