"""95 % intervals of what was counted."""

from __future__ import annotations

import math

Z95 = 1.959963984540054
"""Standard deviations to each side that hold 95 % of a normal distribution."""


def wilson(rate: float, n: float) -> tuple[float, float]:
    """Wilson's (1927) 95 % interval of a share that was measured on `n` (> 0) independent cases."""
    centre = (rate + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(rate * (1 - rate) / n + Z95**2 / (4 * n**2))
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))
