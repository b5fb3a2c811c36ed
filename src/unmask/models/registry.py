"""Models by name: card, weights and network, each loaded once per process, on first use, under a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from unmask.errors import ModelError
from unmask.models.added import AddedModels
from unmask.models.card import Card
from unmask.models.expected_error import FILE as EXPECTED_ERROR
from unmask.models.expected_error import ErrorTable
from unmask.models.weights import file_hash, load_weights
from unmask.quiet import tensorflow
from unmask.settings import Settings
from unmask.types import FloatArray, ModelRef

HERE = Path(__file__).parent
BATCH = 8


def _face() -> Any:
    from unmask.models import face_net

    return face_net.build()


def _voice() -> Any:
    from unmask.models import voice_net

    return voice_net.build()


def _lip_sync() -> Any:
    from unmask.models import sync_net

    return sync_net.build()


BUILDERS: dict[str, Callable[[], Any]] = {"face": _face, "voice": _voice, "lip_sync": _lip_sync}


@dataclass(frozen=True)
class Model:
    """One model: its card at once, its network when it is first needed (that imports TensorFlow)."""

    card: Card
    weights: Path
    _lock: threading.Lock

    @property
    def ref(self) -> ModelRef:
        """Name, version and hash for the result document."""
        return ModelRef(self.card.name, self.card.version, self.card.sha256)

    @cached_property
    def network(self) -> Any:
        """The Keras model with its weights. Raises ModelError when they do not match the card."""
        tensorflow()
        network = BUILDERS[self.card.name]()
        load_weights(network, self.weights, self.card.sha256)
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
        with self._lock:
            padded = -len(inputs) % BATCH
            full = np.concatenate([inputs, np.repeat(inputs[-1:], padded, axis=0)]) if padded else inputs
            parts = [np.asarray(self._forward(full[i : i + BATCH])) for i in range(0, len(full), BATCH)]
        return np.concatenate(parts).reshape(-1)[: len(inputs)].astype(np.float32)

    def outputs(self, *inputs: FloatArray) -> tuple[FloatArray, ...]:
        """All outputs, each (1, ...), of one prepared sample, for networks with several inputs (1, ...) and outputs."""
        import numpy as np

        with self._lock:
            return tuple(np.asarray(part, dtype=np.float32) for part in self._forward(list(inputs)))


class Registry:
    """The models shipped in the package, or those in `folder` (cards/ and weights/ below it); and the added ones."""

    def __init__(self, folder: Path = HERE, added: AddedModels | None = None) -> None:
        self.folder = folder
        self.added = added or AddedModels(None)
        self._models: dict[str, Model] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names of all models that have a card and a network."""
        return sorted(path.stem for path in (self.folder / "cards").glob("*.json") if path.stem in BUILDERS)

    def get(self, name: str) -> Model:
        """The model of that name; the same object each time. Raises ModelError when it has no card."""
        with self._lock:
            if name not in self._models:
                card = self.card(name)
                self._models[name] = Model(card, self.folder / "weights" / card.weights, threading.Lock())
            return self._models[name]

    def card(self, name: str) -> Card:
        """The card of that name. Raises ModelError when it is missing or does not fit.

        An added model goes by its detector's name, "face:NAME", and has such a card when it is calibrated.
        """
        if ":" in name:
            return self.added.card(name.partition(":")[2]).as_card()
        path = self.folder / "cards" / f"{name}.json"
        try:
            return Card.model_validate_json(path.read_bytes())
        except FileNotFoundError as missing:
            raise ModelError(f"there is no model {name!r}") from missing
        except ValueError as wrong:
            raise ModelError(f"the card of model {name!r} can't be read: {wrong}") from wrong

    def expected_error(self, used: Collection[ModelRef]) -> ErrorTable | None:
        """The false alarm rates measured with exactly these models; None when there are none, or for other weights.

        Raises ModelError when the file can't be read.
        """
        path = self.folder / EXPECTED_ERROR
        if not path.is_file():
            return None
        try:
            table = ErrorTable.model_validate_json(path.read_bytes())
        except ValueError as wrong:
            raise ModelError(f"{path.name} can't be read: {wrong}") from wrong
        return table if table.models == {model.name: model.sha256 for model in used} else None

    def load(self, name: str) -> None:
        """Load a network now, shipped or added, and not when it is first needed. Raises ModelError."""
        model = self.added.get(name.partition(":")[2]) if ":" in name else self.get(name)
        _ = model.network

    def verify(self, name: str) -> bool:
        """Whether the weights' hash is the one in the card."""
        card = self.card(name)
        path = self.folder / "weights" / card.weights
        return path.is_file() and file_hash(path) == card.sha256


def registry_for(settings: Settings) -> Registry:
    """The models that the settings name: the package's own or those of a folder, and the added ones."""
    return Registry(settings.models or HERE, AddedModels(settings.extra_models))
