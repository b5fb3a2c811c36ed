"""How a subject's many scores become one."""

from __future__ import annotations

import math

import numpy as np

from unmask.types import FloatArray


def pool(logits: FloatArray) -> float:
    """Mean of the upper half (n,) -> one logit: moments that show nothing don't hide those that do.

    Unlike the maximum it does not grow with the number of scores. Raises ValueError when there are none.
    """
    if len(logits) == 0:
        raise ValueError("nothing to pool")
    upper = np.sort(np.asarray(logits, dtype=np.float64))[len(logits) // 2 :]
    return float(upper.mean())


def log_mean_exp(values: list[float]) -> float:
    """Logarithm of the mean of exponentials, without overflow. Raises ValueError on an empty list."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values) / len(values))
