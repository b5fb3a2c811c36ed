"""Networks that others published weights for: how each is built, read, and told from the others by its file.

To add one: a builder in a module of its own, a reader if the format is new, and an entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unmask.errors import ModelError

Looks = Literal["face", "voice"]
Shapes = set[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Architecture:
    """One published network.

    `looks` says what it examines, `batch` how many inputs are scored at a time, `mark` the shape of one array that no
    other network of the same format has.
    """

    title: str
    looks: Looks
    format: Literal["keras", "torch"]
    build: Callable[[], Any]
    batch: int
    mark: tuple[int, ...]
    paper: str


def _meso4() -> Any:
    from unmask.models import meso_net

    return meso_net.build_meso4()


def _mesoinception4() -> Any:
    from unmask.models import meso_net

    return meso_net.build_mesoinception4()


def _aasist() -> Any:
    from unmask.models import aasist_net

    return aasist_net.build(aasist_net.AASIST)


def _aasist_l() -> Any:
    from unmask.models import aasist_net

    return aasist_net.build(aasist_net.AASIST_L)


MESO = "Afchar et al. 2018, MesoNet: a Compact Facial Video Forgery Detection Network"
JUNG = "Jung et al. 2022, AASIST: Audio Anti-Spoofing Using Integrated Spectro-Temporal Graph Attention Networks"

ARCHITECTURES: dict[str, Architecture] = {
    "meso4": Architecture("MesoNet, Meso4", "face", "keras", _meso4, 8, (3, 3, 3, 8), MESO),
    "mesoinception4": Architecture("MesoNet, MesoInception4", "face", "keras", _mesoinception4, 8, (1, 1, 11, 4), MESO),
    "aasist": Architecture("AASIST", "voice", "torch", _aasist, 1, (1, 23, 64), JUNG),
    "aasist-l": Architecture("AASIST-L", "voice", "torch", _aasist_l, 1, (1, 23, 24), JUNG),
}


def load(network: Any, form: str, path: Path) -> None:
    """Set a network's variables from a file of `form`. Raises ModelError when it does not fit."""
    if form == "keras":
        from unmask.models.keras_file import load_keras_file

        load_keras_file(network, path)
    else:
        from unmask.models.torch_file import load_torch_file

        load_torch_file(network, path)


def recognise(path: Path) -> str:
    """Which of `ARCHITECTURES` the weights in a file belong to, by its format and the shapes inside.

    Raises:
        ModelError: the file is of no known format, or fits no network or several.
    """
    form, shapes = _shapes(path)
    fitting = [name for name, one in ARCHITECTURES.items() if one.format == form and one.mark in shapes]
    if len(fitting) != 1:
        known = ", ".join(ARCHITECTURES)
        raise ModelError(f"{path.name} holds the weights of no network that is known here ({known})")
    return fitting[0]


def _shapes(path: Path) -> tuple[str, Shapes]:
    """A file's format and the shapes of its arrays."""
    try:
        with path.open("rb") as source:
            head = source.read(8)
    except OSError as missing:
        raise ModelError(f"{path} can't be read: {missing}") from missing
    if head.startswith(b"\x89HDF"):
        from unmask.models.keras_file import read_keras_file

        return "keras", {array.shape for layer in read_keras_file(path).values() for array in layer.values()}
    if head.startswith(b"PK"):
        from unmask.models.torch_file import read_torch_file

        return "torch", {array.shape for array in read_torch_file(path).values()}
    raise ModelError(f"{path.name} is neither a Keras file (.h5) nor a PyTorch state dict (.pth)")
