"""State of the LSTM decoder between two words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from captioner.decoders.base import DecoderState


@dataclass(frozen=True)
class LSTMState(DecoderState):
    """Image memory and the recurrent state of every beam.

    Attributes:
        memory: Image memory (B, N, D).
        keys: What ``AdditiveAttention.keys`` made of it (B, N, A), or None without attention.
        hidden: Hidden state h (B, K, H).
        cell: Cell c (B, K, H).
        attention: Weights over the image tokens for the word scored last (B, K, N), or None.
        elmo_state: State of the language model that reads the words too, (B, K, ..) each, or None.
    """

    per_image: ClassVar[frozenset[str]] = frozenset({"memory", "keys"})

    memory: Tensor
    keys: Tensor | None
    hidden: Tensor
    cell: Tensor
    attention: Tensor | None = None
    elmo_state: tuple[Tensor, ...] | None = None

    def first(self, images: int, beams: int) -> LSTMState:
        """Return the state of the first beams of the first images, without a language model's."""
        if (images, beams) == tuple(self.hidden.shape[:2]):
            return self
        # The gradient of a slice is as large as the whole: the image's tensors, which are the
        # largest, are sliced only where images have left.
        shared = images == self.memory.size(0)
        memory = self.memory if shared else self.memory[:images]
        keys = self.keys if shared or self.keys is None else self.keys[:images]
        # Dense, which the product with them needs anyway: torch.compile writes code per layout.
        hidden, cell = (part[:images, :beams].contiguous() for part in (self.hidden, self.cell))
        return LSTMState(memory, keys, hidden, cell)
