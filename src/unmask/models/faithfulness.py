"""Which heat maps a network gets, and how faithful they were measured to be: a table beside the models.

`faithfulness.json`, schema `unmask.faithfulness/1`, is written by `scripts/faithfulness.py --publish`. Its numbers hold
for the weights whose SHA-256 it names. For other weights the method is used all the same where the network has that
layer: each map that is shown is measured by itself in any case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from unmask.errors import ModelError
from unmask.models.card import CardPart
from unmask.result import Probability

FILE = "faithfulness.json"


class Areas(CardPart):
    """Mean areas under the curves of deletion (low is good) and insertion (high is good)."""

    deletion: Probability
    insertion: Probability


class MethodMeasured(CardPart):
    """One way of making maps. `score` is insertion less deletion, its interval 95 % over files.

    `beats_*` are shares of the maps that are better than the blob in the middle, than random maps, than both.
    `inside` is the mean share of the heat in the altered part of blended faces; None where none were made.
    """

    kind: str
    layer: str
    areas: Areas
    score: float
    score_interval: tuple[float, float]
    beats_centre: Probability
    beats_random: Probability
    beats_both: Probability
    seconds: float
    inside: Probability | None = None


class Subset(CardPart):
    """All methods over the same pictures: `crops` of `files` files.

    Of the `blends`, `altered_area` is the mean share of the crop that was altered, and `centre_inside` that of the blob
    in the middle: what a map must exceed to have found the place, and not just the middle.
    """

    name: Literal["all", "called_fake"]
    crops: int
    files: int
    centre: Areas
    random: Areas
    methods: list[MethodMeasured]
    blends: int = 0
    altered_area: Probability | None = None
    centre_inside: Probability | None = None


class ModelMeasured(CardPart):
    """The record of one network: the weights, the method that was chosen, and why."""

    sha256: str
    kind: str
    layer: str
    rule: str
    subsets: list[Subset]


class FaithfulnessTable(CardPart):
    """The published file."""

    schema_id: Literal["unmask.faithfulness/1"] = Field("unmask.faithfulness/1", alias="schema")
    measured: str
    steps: int
    models: dict[str, ModelMeasured]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def read_faithfulness(folder: Path) -> FaithfulnessTable | None:
    """The table beside the models in `folder`; None when there is none. Raises ModelError when it can't be read."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return FaithfulnessTable.model_validate_json(path.read_bytes())
    except ValueError as wrong:
        raise ModelError(f"{path.name} can't be read: {wrong}") from wrong
