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
from unmask.models.engine import Compiled, Device, LiteRT, on_gpu
from unmask.models.expected_error import FILE as EXPECTED_ERROR
from unmask.models.expected_error import ErrorTable
from unmask.models.sync_graph import SyncLiteRT
from unmask.models.weights import file_hash, read_weights, set_weights
from unmask.quiet import tensorflow
from unmask.settings import Settings
from unmask.types import FloatArray, ModelRef

HERE = Path(__file__).parent
GRAPHS = HERE / "graphs"


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
ENGINES: dict[str, type[LiteRT]] = {"face": LiteRT, "voice": LiteRT, "lip_sync": SyncLiteRT}


@dataclass(frozen=True)
class Model:
    """One model: its card at once, its network when it is first needed.

    Scores come from LiteRT, or from TensorFlow on a graphics card; both give the Keras network's numbers to 1e-4.
    """

    card: Card
    weights: Path
    device: Device
    _lock: threading.Lock

    @property
    def ref(self) -> ModelRef:
        """Name, version and hash for the result document."""
        return ModelRef(self.card.name, self.card.version, self.card.sha256)

    @cached_property
    def arrays(self) -> list[FloatArray]:
        """The weights in the order of their file. Raises ModelError when they do not match the card."""
        return read_weights(self.weights, self.card.sha256)

    @cached_property
    def network(self) -> Any:
        """The Keras model with its weights, for gradients. Imports TensorFlow. Raises ModelError as `arrays`."""
        tensorflow()
        network = BUILDERS[self.card.name]()
        set_weights(network, self.arrays, self.weights.name)
        return network

    @cached_property
    def _compiled(self) -> Compiled:
        return Compiled(self.network)

    @cached_property
    def _litert(self) -> LiteRT | None:
        """The network on LiteRT; None where its graph does not ship, or a graphics card is there."""
        graph = GRAPHS / f"{self.card.name}.graph"
        if not graph.is_file() or on_gpu(self.device):
            return None
        return ENGINES[self.card.name](graph, self.arrays)

    def load(self) -> None:
        """Load now what the first score needs. Raises ModelError as `arrays`."""
        _ = self._litert or self._compiled

    def logits(self, inputs: FloatArray) -> FloatArray:
        """Logits (n,) of prepared inputs (n, ...); each depends on its own input alone."""
        import numpy as np

        if len(inputs) == 0:
            return np.zeros(0, np.float32)
        with self._lock:
            return self._engine(inputs).first(inputs).reshape(-1)

    def outputs(self, *inputs: FloatArray) -> tuple[FloatArray, ...]:
        """All outputs, each (1, ...), of one prepared sample, for networks with several inputs (1, ...) and outputs."""
        with self._lock:
            return self._engine(*inputs).all(*inputs)

    def layer(self, name: str, inputs: FloatArray) -> FloatArray | None:
        """What a layer gives (n, ...) for prepared inputs (n, ...); None where only the Keras network can tell."""
        with self._lock:
            engine = self._engine(inputs)
            if not isinstance(engine, LiteRT) or name not in engine.description.outputs:
                return None
            return engine.layer(name, inputs)

    def _engine(self, *inputs: FloatArray) -> LiteRT | Compiled:
        quick = self._litert
        return quick if quick is not None and quick.takes(*inputs) else self._compiled


class Registry:
    """The models shipped in the package, or those in `folder` (cards/ and weights/ below it); and the added ones."""

    def __init__(self, folder: Path = HERE, added: AddedModels | None = None, device: Device = "auto") -> None:
        self.folder, self.device = folder, device
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
                self._models[name] = Model(card, self.folder / "weights" / card.weights, self.device, threading.Lock())
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
        if ":" in name:
            _ = self.added.get(name.partition(":")[2]).network
        else:
            self.get(name).load()

    def verify(self, name: str) -> bool:
        """Whether the weights' hash is the one in the card."""
        card = self.card(name)
        path = self.folder / "weights" / card.weights
        return path.is_file() and file_hash(path) == card.sha256


def registry_for(settings: Settings) -> Registry:
    """The models that the settings name: the package's own or those of a folder, and the added ones."""
    return Registry(settings.models or HERE, AddedModels(settings.extra_models), settings.device)
