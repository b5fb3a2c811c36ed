"""Turn a PyTorch state dict into a numpy archive that Unmask can read without PyTorch.

    python scripts/torch_to_numpy.py AASIST.pth AASIST.npz

It needs PyTorch and numpy, once, in any environment. Arrays keep their names and their order of axes. Only tensors are
read (`weights_only`), so the file can't run anything.
"""

from __future__ import annotations

import sys
from pathlib import Path


def convert(source: Path, target: Path) -> int:
    """Write the archive; returns how many arrays it holds."""
    import numpy as np
    import torch  # type: ignore[import-not-found,unused-ignore]  # not a dependency of Unmask

    state = torch.load(source, map_location="cpu", weights_only=True)
    arrays = {name: value.numpy() for name, value in state.items()}
    with target.open("wb") as sink:
        np.savez(sink, **arrays)
    return len(arrays)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(f"{convert(Path(sys.argv[1]), Path(sys.argv[2]))} arrays")  # noqa: T201
