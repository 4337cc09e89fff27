"""Learning-rate schedules: linear warm-up, then constant, cosine or inverse square root."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Schedule = Callable[[int, int, int], float]
"""Maps (step, warm-up steps, total steps) to a factor of the peak learning rate, in [0, 1]."""


def constant(step: int, warmup: int, total: int) -> float:
    """Return the factor of a constant schedule: linear warm-up, then 1.

    Example:
        >>> [constant(step, warmup=2, total=9) for step in (0, 1, 2, 8)]
        [0.5, 1.0, 1.0, 1.0]
    """
    return min(1.0, (step + 1) / max(1, warmup))


def cosine(step: int, warmup: int, total: int) -> float:
    """Return the factor of cosine decay: linear warm-up, then half a cosine down to 0.

    Loshchilov and Hutter, 2017, "SGDR", equation 5, without restarts.

    Example:
        >>> [round(cosine(step, warmup=1, total=5), 3) for step in range(6)]
        [1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    if step < warmup:
        return constant(step, warmup, total)
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return 0.5 * (1 + math.cos(math.pi * progress))


def inverse_sqrt(step: int, warmup: int, total: int) -> float:
    """Return the factor of inverse-square-root decay after a linear warm-up.

    Vaswani et al., 2017, "Attention Is All You Need", equation 3, scaled to a peak of 1.

    Example:
        >>> [round(inverse_sqrt(step, warmup=4, total=99), 3) for step in (0, 3, 15)]
        [0.25, 1.0, 0.5]
    """
    warmup = max(1, warmup)
    return min((step + 1) / warmup, math.sqrt(warmup / (step + 1)))


SCHEDULES: Mapping[str, Schedule] = {
    "constant": constant,
    "cosine": cosine,
    "inverse_sqrt": inverse_sqrt,
}
