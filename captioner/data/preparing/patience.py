"""How long a download waits and how often it tries again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Say how long a download waits and how often it tries again.

    Attributes:
        timeout: Seconds without a connection, or without a byte, after which a try is given up.
        retries: How many tries in a row may fail at one address. Those that brought
            ``progress`` bytes or more do not count: a bad line gets there in the end.
        pause: Seconds before the second try; doubled each time.
        longest_pause: Seconds it is never more than, whatever a server asks for.
        progress: Bytes of a try that was worth it.
    """

    timeout: float = 30.0
    retries: int = 5
    pause: float = 1.0
    longest_pause: float = 60.0
    progress: int = 1 << 20

    def pause_before(self, failures: int, asked: float = 0.0) -> float:
        """Return how many seconds to wait before the next try.

        Args:
            failures: How many tries in a row have failed; 0 if the last one was worth it.
            asked: How many seconds the server wants.

        Example:
            >>> [Patience().pause_before(failures) for failures in (0, 1, 2, 3, 10)]
            [1.0, 1.0, 2.0, 4.0, 60.0]
        """
        return min(max(asked, self.pause * 2 ** max(failures - 1, 0)), self.longest_pause)
