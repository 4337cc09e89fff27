"""What a training step minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from torch import Tensor

from captioner.types import CaptionBatch

if TYPE_CHECKING:
    from captioner.captioners.base import Captioner


class Objective(Protocol):
    """Turn a batch into a loss."""

    def __call__(
        self, captioner: Captioner, batch: CaptionBatch
    ) -> tuple[Tensor, int, dict[str, Tensor]]:
        """Return the mean loss of words, their number, and the figures to log beside it by name."""
