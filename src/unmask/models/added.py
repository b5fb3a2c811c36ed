"""Models that others published and the user added: a folder of cards and weights beside those that ship.

A card here says where the weights come from and what they are the weights of; it can't say how good they are. That is
measured by `unmask evaluate`, beside the shipped models. Without a calibration an added model takes no part in a
verdict.
"""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from unmask.errors import ModelError
from unmask.models.architectures import ARCHITECTURES, Architecture, load, recognise
from unmask.models.card import Calibration, Card, CardPart, Training
from unmask.models.weights import file_hash
from unmask.quiet import tensorflow
from unmask.types import FloatArray, ModelRef

SCHEMA: Literal["unmask.added_model/1"] = "unmask.added_model/1"
NAME = r"[a-z0-9][a-z0-9_-]{0,40}"
SUFFIXES = {"keras": ".h5", "torch": ".pth"}
FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}"


class AddedCard(CardPart):
    """What is known of an added model. `calibration` and `threshold` (a logit) are null until they are fitted."""

    schema_id: Literal["unmask.added_model/1"] = Field(SCHEMA, alias="schema")
    name: str = Field(pattern=f"^{NAME}$")
    architecture: str
    title: str
    weights: str = Field(pattern=f"^{FILE_NAME}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    source: str
    licence: str
    paper: str
    added: str
    trained_on: str = "not stated"
    limits: list[str] = Field(default_factory=list)
    calibration: Calibration | None = None
    threshold: float | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @property
    def detector(self) -> str:
        """Name of its detector, as it stands in results and evaluations: "face:meso4_df"."""
        return f"{self.form.looks}:{self.name}"

    @property
    def form(self) -> Architecture:
        """The network that these are the weights of. Raises ModelError when it is not known here."""
        try:
            return ARCHITECTURES[self.architecture]
        except KeyError as unknown:
            raise ModelError(f"the added model {self.name!r} is of an unknown kind, {self.architecture!r}") from unknown

    def as_card(self) -> Card:
        """The same as a shipped model's card, for the stages after detection. Raises ModelError if not calibrated."""
        if self.calibration is None or self.threshold is None:
            raise ModelError(f"the added model {self.name!r} has no calibration")
        nothing = Training(command="", seed=0, steps=0, hours=0.0, hardware="", initialised_from=self.source)
        return Card(
            name=self.detector,
            version="added",
            title=self.title,
            weights=self.weights,
            sha256=self.sha256,
            created=self.added,
            parameters=0,
            input="",
            data=[],
            training=nothing,
            metrics=[],
            calibration=self.calibration,
            threshold=self.threshold,
            limits=self.limits,
        )

    def to_json(self) -> str:
        """The card's text."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


class AddedModel:
    """One added model: its card at once, its network when it is first needed (that imports TensorFlow)."""

    def __init__(self, card: AddedCard, weights: Path) -> None:
        self.card, self.weights = card, weights
        self._lock = threading.Lock()

    @property
    def ref(self) -> ModelRef:
        """Name of the detector and hash for the result document."""
        return ModelRef(self.card.detector, "added", self.card.sha256)

    def check(self) -> None:
        """Raises ModelError when the weights are missing or do not match the card's hash."""
        if not self.weights.is_file():
            raise ModelError(f"weights {self.card.weights} of the added model {self.card.name!r} are missing")
        if file_hash(self.weights) != self.card.sha256:
            raise ModelError(f"weights {self.card.weights} do not match the hash in the card of {self.card.name!r}")

    @cached_property
    def network(self) -> Any:
        """The Keras model with its weights. Raises ModelError when they don't match the card or fit the network."""
        self.check()
        tensorflow()
        network = self.card.form.build()
        load(network, self.card.form.format, self.weights)
        return network

    @cached_property
    def _forward(self) -> Any:
        tf = tensorflow()
        network = self.network

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def forward(batch: Any) -> Any:
            return network(batch, training=False)

        return forward

    def logits(self, inputs: FloatArray) -> FloatArray:
        """Logits (n,) of prepared inputs (n, ...), in batches of one size, so that a result does not depend on n."""
        import numpy as np

        if len(inputs) == 0:
            return np.zeros(0, np.float32)
        size = self.card.form.batch
        with self._lock:
            padded = -len(inputs) % size
            full = np.concatenate([inputs, np.repeat(inputs[-1:], padded, axis=0)]) if padded else inputs
            parts = [np.asarray(self._forward(full[i : i + size])) for i in range(0, len(full), size)]
        return np.concatenate(parts).reshape(-1)[: len(inputs)].astype(np.float32)


class AddedModels:
    """The added models in a folder (cards/ and weights/ below it); none where the folder is None."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._models: dict[str, AddedModel] = {}

    def names(self) -> list[str]:
        """Names of all added models. Raises ModelError when the folder does not exist."""
        if self.folder is None:
            return []
        if not self.folder.is_dir():
            raise ModelError(f"the folder of added models, {self.folder}, does not exist")
        return sorted(path.stem for path in (self.folder / "cards").glob("*.json"))

    def get(self, name: str) -> AddedModel:
        """The model of that name; the same object each time. Raises ModelError when its card can't be read."""
        if name not in self._models:
            card = self.card(name)
            assert self.folder is not None
            self._models[name] = AddedModel(card, self.folder / "weights" / card.weights)
        return self._models[name]

    def card(self, name: str) -> AddedCard:
        """The card of that name. Raises ModelError when it is missing, damaged or of another name."""
        if self.folder is None:
            raise ModelError(f"there is no added model {name!r}: no folder of added models is set")
        path = self.folder / "cards" / f"{name}.json"
        try:
            card = AddedCard.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as wrong:
            raise ModelError(f"the card of the added model {name!r} can't be read: {str(wrong)[:300]}") from wrong
        if card.name != name:
            raise ModelError(f"the card {path.name} is of a model named {card.name!r}")
        return card

    def save(self, card: AddedCard) -> Path:
        """Write a card into the folder; its path. Raises ModelError where no folder is set."""
        if self.folder is None:
            raise ModelError("no folder of added models is set")
        path = self.folder / "cards" / f"{card.name}.json"
        path.write_text(card.to_json(), encoding="utf-8")
        self._models.pop(card.name, None)
        return path

    def all(self) -> list[AddedModel]:
        """All added models, their weights checked. Raises ModelError when one does not match its card."""
        found = [self.get(name) for name in self.names()]
        for model in found:
            model.check()
        return found


def add_model(
    weights: Path, folder: Path, *, name: str, source: str, licence: str, architecture: str | None = None
) -> AddedCard:
    """Copy weights into the folder and write their card; what they are the weights of is read from the file.

    Raises:
        ModelError: the file is no known network's weights, or the name can't be used or is taken by other weights.
    """
    kind = architecture or recognise(weights)
    if kind not in ARCHITECTURES:
        raise ModelError(f"{kind!r} is none of {', '.join(ARCHITECTURES)}")
    form = ARCHITECTURES[kind]
    try:
        card = AddedCard(
            name=name,
            architecture=kind,
            title=form.title,
            weights=f"{name}{SUFFIXES[form.format]}",
            sha256=file_hash(weights),
            source=source,
            licence=licence,
            paper=form.paper,
            added=datetime.now(UTC).date().isoformat(),
            limits=["Not measured here: run `unmask evaluate`.", "Not calibrated: takes no part in a verdict."],
        )
    except ValidationError as wrong:
        raise ModelError(f"{name!r} can't be the name of a model: letters a-z, digits, _ and - alone") from wrong
    if (folder / "cards" / f"{name}.json").exists():
        known = AddedModels(folder).card(name)
        if known.sha256 != card.sha256:
            raise ModelError(f"there is an added model {name!r} of other weights: choose another name, or remove it")
        card = card.model_copy(update={"calibration": known.calibration, "threshold": known.threshold})
    for part in ("cards", "weights"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, folder / "weights" / card.weights)
    AddedModels(folder).save(card)
    return card
