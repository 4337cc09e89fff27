"""Step function and state: all that a search needs of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

from torch import Tensor


class SearchState(Protocol):
    """State of a model between two words, one row per beam.

    Attributes:
        attention: Weights over the image tokens for the word scored last (B, K, N), or None.
    """

    @property
    def attention(self) -> Tensor | None:
        """Return the attention weights for the word scored last."""

    def reorder(self, beams: Tensor) -> Self:
        """Return the state in which beam k of image b continues the old beam ``beams[b, k]``."""

    def select(self, images: Tensor) -> Self:
        """Return the state of the images ``images`` (B',) only."""


StateT = TypeVar("StateT", bound=SearchState)

Step = Callable[[Tensor, StateT], tuple[Tensor, StateT]]
"""Maps last words (B, K) int64 and a state to logits (B, K, V) and the next state."""


class Memoryless:
    """State of a model that knows only the last word: a table of transitions.

    Example:
        >>> import torch
        >>> table = torch.tensor([[0.0, 0.9, 0.1], [0.0, 0.2, 0.8], [0.0, 0.0, 1.0]]).log()
        >>> step = lambda words, state: (table[words], state)
        >>> logits, state = step(torch.tensor([[0]]), Memoryless())
        >>> logits.exp()
        tensor([[[0.0000, 0.9000, 0.1000]]])
    """

    attention: Tensor | None = None

    def reorder(self, beams: Tensor) -> Memoryless:
        """Return itself: there is nothing to move."""
        return self

    def select(self, images: Tensor) -> Memoryless:
        """Return itself: there is nothing to leave out."""
        return self
