"""How much several threads may take up together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """Let threads go on whose work adds up to a total at most; the others wait.

    What is larger than the total by itself goes on alone.

    Args:
        total: In any unit.

    Example:
        >>> pixels = Budget(50)
        >>> with pixels.spend(20), pixels.spend(30):
        ...     print("both at a time")
        both at a time
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._spent = 0
        self._changed = threading.Condition()

    @contextmanager
    def spend(self, amount: int) -> Iterator[None]:
        """Wait until there is so much left, and hold it meanwhile."""
        amount = min(amount, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._spent + amount <= self._total)
            self._spent += amount
        try:
            yield
        finally:
            with self._changed:
                self._spent -= amount
                self._changed.notify_all()
