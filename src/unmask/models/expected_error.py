"""How often real media are called manipulated, by condition: a table beside the models that it was measured with.

`expected_error.json`, schema `unmask.expected_error/1`: the date, the SHA-256 of each model's weights, and cells. A
cell holds for media of its kind, face size and compression (bands of `fusion/conditions.py`; null is any). The file is
written by `unmask evaluate --publish`; without it, or with other weights, results say that the error is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field

from unmask.models.card import CardPart
from unmask.result import ExpectedError, Probability, Span

FILE = "expected_error.json"
DIMENSIONS = ("kind", "face", "compression")
LEAST = 20
"""Fewer real files than this do not make a cell."""

_KINDS = {"video": "videos", "audio": "recordings", "image": "pictures"}


class Cell(CardPart):
    """The false alarm rate of the verdict over `n` real files of one condition; null is any."""

    kind: str | None = None
    face: str | None = None
    compression: str | None = None
    false_alarm: Probability
    interval: Span
    n: int

    def fits(self, bands: Mapping[str, str]) -> bool:
        """Whether media of these bands belong to the cell."""
        return all(getattr(self, name) in (None, bands.get(name)) for name in DIMENSIONS)

    @property
    def rank(self) -> int:
        """How many dimensions it fixes: the more, the closer to the media."""
        return sum(getattr(self, name) is not None for name in DIMENSIONS)

    @property
    def condition(self) -> str:
        """The condition in words."""
        parts = [_KINDS.get(self.kind, self.kind) if self.kind else None, self.face, self.compression]
        return ", ".join(part for part in parts if part) or "all media"


class ErrorTable(CardPart):
    """The published file."""

    schema_id: Literal["unmask.expected_error/1"] = Field("unmask.expected_error/1", alias="schema")
    measured: str
    models: dict[str, str]
    cells: list[Cell]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def look_up(self, bands: Mapping[str, str]) -> ExpectedError | None:
        """The error to expect for media of these bands, from the closest cell; None where no cell fits."""
        fitting = [cell for cell in self.cells if cell.fits(bands)]
        if not fitting:
            return None
        cell = max(fitting, key=lambda c: (c.rank, c.kind is not None, c.face is not None))
        return ExpectedError(
            false_alarm=cell.false_alarm,
            interval=cell.interval,
            n=cell.n,
            condition=cell.condition,
            measured=self.measured,
        )

    def to_json(self) -> str:
        """The file's text."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"
