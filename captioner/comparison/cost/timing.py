"""K-best timing: measure until the quickest repeats agree, and say so if they never do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple, TypeVar

import torch

from captioner.formatting import percent

T = TypeVar("T")

REPEATS = 3
"""Repeats that have to agree."""
QUIET = 0.1
"""How far apart they may be, as a share of the quickest, and how much of the time may be waited."""
_MOST = 9
_TASKS = Path("/proc/self/task")


class Timing(NamedTuple):
    """Figure of a timing, and how far it can be trusted.

    Attributes:
        value: The median of the repeats that count.
        spread: How far they are apart: 0 if they are alike.
    """

    value: float
    spread: float


def k_best(times: Sequence[float]) -> Timing:
    """Return the time of something that was repeated, from its quickest repeats.

    Other programs only ever add to a time, so the quickest repeats are what was measured on its
    own; where even those differ, nothing was. Bryant and O'Hallaron, 2003, "Computer Systems: A
    Programmer's Perspective", section 9.4 (the K-best measurement scheme).

    Args:
        times: The time of each repeat, above 0, of at least ``REPEATS``.

    Returns:
        The median of the ``REPEATS`` quickest; the slowest of those over the quickest, less 1.

    Example:
        >>> k_best([1.0, 1.25, 3.0, 1.125])
        Timing(value=1.125, spread=0.25)
    """
    quickest = sorted(times)[:REPEATS]
    return Timing(median(quickest), quickest[-1] / quickest[0] - 1)


def repeat_until_quiet(
    measurements: Mapping[str, Callable[[], T]],
    noise: Callable[[Sequence[T]], float],
    *,
    budget: float = 120.0,
) -> dict[str, list[T]]:
    """Repeat measurements in turns, until the repeats of each agree.

    All take every turn, so that a busy moment hits all of them.

    Args:
        measurements: What is measured, by name.
        noise: How noisy repeats of one of them are; at most ``QUIET`` is quiet.
        budget: Seconds for each, added up: after that no further turn begins.

    Returns:
        All repeats of each, as many for all, at least ``REPEATS``.
    """
    repeats: dict[str, list[T]] = {name: [] for name in measurements}
    begin = perf_counter()
    for turn in range(1, _MOST + 1):
        for name, measure in measurements.items():
            repeats[name].append(measure())
        quiet = turn >= REPEATS and all(noise(each) <= QUIET for each in repeats.values())
        late = turn >= REPEATS and perf_counter() - begin > budget * len(measurements)
        if quiet or late:
            break
    return repeats


def cpu_wait() -> float:
    """Return the seconds that the threads of this process have been ready to run and did not.

    That is what it costs that others use the processors, steadily or not, or that there are more
    threads than those. Linux counts it, for threads that have not ended; 0 where nobody does.

    Example:
        >>> cpu_wait() <= cpu_wait()
        True
    """
    waited = 0
    for file in _TASKS.glob("*/schedstat"):
        try:
            waited += int(file.read_text(encoding="ascii").split()[1])
        except (OSError, IndexError, ValueError):  # a thread that has ended, or nothing counted
            continue
    return waited / 1e9


def mark_noise(figure: str, spread: float, waited: float = 0.0) -> str:
    """Return a figure as a reader may take it: with a word if it is not that of a free machine.

    Args:
        figure: The figure.
        spread: How far its repeats are apart.
        waited: Share of the time that was waited for a processor.

    Example:
        >>> mark_noise("23", spread=0.04), mark_noise("358", spread=1.2)
        ('23', '358 (noisy: repeats 120 % apart)')
        >>> mark_noise("46", spread=0.04, waited=0.5)
        '46 (noisy: 50 % of the time others had the processor)'
    """
    if waited > QUIET:
        return f"{figure} (noisy: {percent(waited, 0)} of the time others had the processor)"
    if spread > QUIET:
        return f"{figure} (noisy: repeats {percent(spread, 0)} apart)"
    return figure


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
