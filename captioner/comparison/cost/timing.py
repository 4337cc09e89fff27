"""K-best timing: measure until the quickest repeats agree, and say so if they never do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

import torch

from captioner.formatting import percent

T = TypeVar("T")

REPEATS = 3
"""Repeats that have to agree."""
AGREEMENT = 0.1
"""How far apart they may be, as a share of the quickest."""
_MOST = 9


def spread(seconds: Sequence[float]) -> float:
    """Return how far the quickest repeats of a measurement are apart: 0 if they are alike.

    Other programs only ever add to a time, so the quickest repeats are what was measured on its
    own; where even those differ, nothing was. Bryant and O'Hallaron, 2003, "Computer Systems: A
    Programmer's Perspective", section 9.4 (the K-best measurement scheme).

    Args:
        seconds: The time of each repeat, above 0, of at least ``REPEATS``.

    Returns:
        The slowest of the ``REPEATS`` quickest over the quickest of all, less 1.

    Example:
        >>> round(spread([1.0, 1.1, 3.0, 1.05]), 2)
        0.1
    """
    quickest = sorted(seconds)[:REPEATS]
    return quickest[-1] / quickest[0] - 1


def quickest(repeats: Sequence[T], seconds: Sequence[float]) -> list[T]:
    """Return the repeats that count: the ``REPEATS`` quickest, quickest first.

    Example:
        >>> quickest(["a", "b", "c", "d"], [4.0, 1.0, 3.0, 2.0])
        ['b', 'd', 'c']
    """
    order = sorted(range(len(seconds)), key=seconds.__getitem__)
    return [repeats[place] for place in order[:REPEATS]]


def repeat_until_quiet(
    measurements: Mapping[str, Callable[[], T]],
    noise: Callable[[Sequence[T]], float],
    *,
    budget: float = 120.0,
) -> dict[str, list[T]]:
    """Repeat measurements in turns, until the repeats of each agree.

    They take turns, so that a busy moment hits all of them; what is quiet is not repeated again.

    Args:
        measurements: What is measured, by name.
        noise: How far repeats of one of them are apart; at most ``AGREEMENT`` is quiet.
        budget: Seconds for each of them, after which no further turn begins.

    Returns:
        All repeats of each, at least ``REPEATS``.
    """
    repeats: dict[str, list[T]] = {name: [] for name in measurements}
    begin, left = perf_counter(), dict(measurements)
    for turn in range(_MOST):
        if turn >= REPEATS and perf_counter() - begin > budget * len(measurements):
            break
        for name, measure in left.items():
            repeats[name].append(measure())
        if turn + 1 >= REPEATS:
            left = {name: left[name] for name in left if noise(repeats[name]) > AGREEMENT}
    return repeats


def mark_noise(figure: str, spread: float) -> str:
    """Return a figure as a reader may take it: with a word if its repeats never agreed.

    Example:
        >>> mark_noise("23", spread=0.04), mark_noise("358", spread=1.2)
        ('23', '358 (noisy: repeats 120 % apart)')
    """
    if spread <= AGREEMENT:
        return figure
    return f"{figure} (noisy: repeats {percent(spread, 0)} apart)"


@contextmanager
def pinned_threads(count: int | None) -> Iterator[None]:
    """Let torch compute with so many threads on the CPU for a while; None leaves it as it is.

    Example:
        >>> before = torch.get_num_threads()
        >>> with pinned_threads(1):
        ...     print(torch.get_num_threads())
        1
        >>> torch.get_num_threads() == before
        True
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
