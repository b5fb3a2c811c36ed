"""What runs a network: LiteRT on the processor, or TensorFlow on a graphics card where there is one."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unmask.errors import ModelError
from unmask.models.graph import filled
from unmask.quiet import quiet_stderr, tensorflow
from unmask.types import FloatArray

Device = Literal["auto", "cpu", "gpu"]

HANDS = 2
"""Interpreters side by side, where there are as many processors: each takes every other sample."""

SHARED = 8
"""Samples from which a second interpreter pays: to make it costs about as much as two of them."""

BATCH = 8
"""Samples at a time in TensorFlow; always full, so that a result does not depend on how many there are."""


class LiteRT:
    """A filled graph on LiteRT with XNNPACK, each sample alone and on one thread: no number depends on the others.

    Not for use by two threads at once.
    """

    def __init__(self, graph: Path, weights: Sequence[FloatArray]) -> None:
        self.description, self._content = filled(graph, weights)
        self._hands = [_Hand(self._content)]

    def takes(self, *inputs: FloatArray) -> bool:
        """Whether inputs (n, ...) are of the form that the graph was made for."""
        return tuple(part.shape[1:] for part in inputs) == tuple(form[1:] for form in self.description.inputs)

    def first(self, inputs: FloatArray) -> FloatArray:
        """The first output of each sample (n, ...), n > 0, of a network with one input: float32 (n, ...)."""
        hands = self._for(len(inputs))
        stop, found = threading.Event(), [np.zeros(0, np.float32)] * len(inputs)

        def work(place: int) -> None:
            for number in range(place, len(inputs), len(hands)):
                if stop.is_set():
                    return
                found[number] = hands[place].run([inputs[number : number + 1]], (0,))[0]

        helpers = [threading.Thread(target=work, args=(place,)) for place in range(1, len(hands))]
        for helper in helpers:
            helper.start()
        try:
            work(0)
        except BaseException:  # whatever stops this thread stops the others, after the sample in hand
            stop.set()
            raise
        finally:
            for helper in helpers:
                helper.join()
        if any(not part.size for part in found):
            raise ModelError(f"the network {self.description.network} broke down")
        return np.concatenate(found)

    def all(self, *inputs: FloatArray) -> tuple[FloatArray, ...]:
        """All outputs, each (1, ...), of one sample with inputs (1, ...)."""
        return tuple(self._hands[0].run(inputs, None))

    def layer(self, name: str, inputs: FloatArray) -> FloatArray:
        """The output (n, ...) of a layer that the description names, of each sample (n, ...)."""
        own = len(self._hands[0]) - len(self.description.outputs)
        place = own + self.description.outputs.index(name)
        return np.concatenate([self._hands[0].run([inputs[i : i + 1]], (place,))[0] for i in range(len(inputs))])

    def _for(self, count: int) -> list[_Hand]:
        wanted = min(HANDS, os.cpu_count() or 1) if count >= SHARED else 1
        while len(self._hands) < wanted:
            self._hands.append(_Hand(self._content))
        return self._hands[:wanted]


class _Hand:
    """One interpreter. The graph's bytes are shared with the others."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with quiet_stderr():
            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._inputs = _by_name(self._interpreter.get_input_details())
        self._outputs = _by_name(self._interpreter.get_output_details())

    def __len__(self) -> int:
        return len(self._outputs)

    def run(self, inputs: Sequence[FloatArray], places: Sequence[int] | None) -> list[FloatArray]:
        """The outputs at these places, or all, each (1, ...)."""
        for index, part in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, np.asarray(part, np.float32))
        self._interpreter.invoke()
        chosen = self._outputs if places is None else [self._outputs[place] for place in places]
        return [np.asarray(self._interpreter.get_tensor(index), np.float32) for index in chosen]


class Compiled:
    """A Keras network in TensorFlow, compiled."""

    def __init__(self, network: Any) -> None:
        tf = tensorflow()

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def forward(batch: Any) -> Any:
            return network(batch, training=False)

        self._forward = forward

    def first(self, inputs: FloatArray) -> FloatArray:
        """The output of each sample (n, ...), n > 0, of a network with one input and one output."""
        padded = -len(inputs) % BATCH
        full = np.concatenate([inputs, np.repeat(inputs[-1:], padded, axis=0)]) if padded else inputs
        parts = [np.asarray(self._forward(full[i : i + BATCH])) for i in range(0, len(full), BATCH)]
        return np.concatenate(parts)[: len(inputs)].astype(np.float32)

    def all(self, *inputs: FloatArray) -> tuple[FloatArray, ...]:
        """All outputs, each (1, ...), of one sample with inputs (1, ...)."""
        return tuple(np.asarray(part, dtype=np.float32) for part in self._forward(list(inputs)))


def on_gpu(device: Device) -> bool:
    """Whether networks run on a graphics card.

    TensorFlow is asked only where the kernel shows one. Raises ModelError where one is wanted and none can be used.
    """
    if device == "cpu" or (device == "auto" and not any(Path("/dev").glob("nvidia[0-9]*"))):
        return False
    tf = tensorflow()
    if tf.config.list_physical_devices("GPU"):
        # the short floats of newer cards would move scores by a thousandth
        tf.config.experimental.enable_tensor_float_32_execution(False)
        return True
    if device == "gpu":
        raise ModelError("the setting device is gpu, and TensorFlow finds no graphics card that it can use")
    return False


def _by_name(details: Sequence[dict[str, Any]]) -> list[int]:
    """Tensors in the order of the numbers in their names, as `scripts/graphs.py` gave them."""
    return [detail["index"] for detail in sorted(details, key=lambda detail: _number(str(detail["name"])))]


def _number(name: str) -> int:
    digits = "".join(letter for letter in name.partition(":")[0] if letter.isdigit())
    return int(digits or 0)
