"""One direction of a biLM: stacked LSTM layers that read words from one side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from captioner.language_models.options import BiLMOptions
from captioner.layers import Dropout, PackedSteps, ProjectedLSTM

LMState = tuple[tuple[Tensor, Tensor], ...]
"""For each layer the hidden state h (.., P) and the cell c (.., cell_size)."""


class DirectionalLM(nn.Module):
    """Stack of projected LSTM layers that reads words in one direction.

    Peters et al., 2018, "Deep contextualized word representations", section 3.1. Layers after the
    first add what they read to what they found (skip connection), so that word forms reach the
    top.

    Args:
        options: Sizes of the model.
        dropout: Share of each layer's input dropped in training.
        backward: Read each sentence from its own end to its start.

    Example:
        >>> model = DirectionalLM(BiLMOptions(projection_size=6, cell_size=8))
        >>> layers, state = model(torch.randn(3, 5, 6))
        >>> layers.shape, state[0][1].shape
        (torch.Size([2, 3, 5, 6]), torch.Size([3, 8]))
        >>> layers, state = model.step(torch.randn(3, 6), state)  # the sixth word
        >>> layers.shape
        torch.Size([2, 3, 6])
    """

    def __init__(
        self, options: BiLMOptions, *, dropout: float = 0.0, backward: bool = False
    ) -> None:
        super().__init__()
        self.backward = backward
        self.skip_connections = options.skip_connections
        self.dropout = Dropout(dropout)
        layers = [
            ProjectedLSTM(
                options.projection_size,
                cell_size=options.cell_size,
                projection_size=options.projection_size,
                cell_clip=options.cell_clip,
                projection_clip=options.projection_clip,
            )
            for _ in range(options.layers)
        ]
        self.layers = cast("Sequence[ProjectedLSTM]", nn.ModuleList(layers))

    def start(self, *leading: int) -> LMState:
        """Return the state before the first word, zeros of shape (*leading, ..) for each layer."""
        # prepacked weights are no parameters; they are float32 in the memory of the CPU
        weight = next(self.parameters(), torch.empty(0))
        return tuple(
            (
                weight.new_zeros(*leading, layer.projection_size),
                weight.new_zeros(*leading, layer.cell_size),
            )
            for layer in self.layers
        )

    def step(self, words: Tensor, state: LMState) -> tuple[Tensor, LMState]:
        """Read one word each.

        Args:
            words: Word vectors (.., P).
            state: State after the words before, of the same leading dimensions.

        Returns:
            What each layer says of the word (L, .., P), and the next state.
        """
        outputs: list[Tensor] = []
        after = []
        for layer, before in zip(self.layers, state, strict=True):
            words = self.dropout(words)
            hidden, cell = layer.step(words, before)
            after.append((hidden, cell))
            words = self._join(words, hidden, first=not outputs)
            outputs.append(words)
        return torch.stack(outputs), tuple(after)

    def forward(
        self, words: Tensor, state: LMState | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, LMState]:
        """Read whole sentences, each as if it were alone.

        Args:
            words: Word vectors (B, T, P).
            state: State (B, ..) to start from; :meth:`start` if not given.
            lengths: Words of each sentence (B,) int64; all T if not given.

        Returns:
            What each layer says of each word, at the place of the word (L, B, T, P), with zeros
            for padding; and the state (B, ..) after the last word read of each sentence.
        """
        sentences, steps = words.shape[:2]
        if lengths is None:
            lengths = torch.full((sentences,), steps, device=words.device)
        packed = PackedSteps(lengths, steps, backward=self.backward)
        words = packed.pack(words)  # (M, P)
        outputs: list[Tensor] = []
        after = []
        for layer, (hidden, cell) in zip(self.layers, state or self.start(sentences), strict=True):
            words = self.dropout(words)
            before = packed.sort(hidden), packed.sort(cell)
            output, (hidden, cell) = layer(words, packed.counts, before)
            after.append((packed.unsort(hidden), packed.unsort(cell)))
            words = self._join(words, output, first=not outputs)
            outputs.append(packed.unpack(words))
        return torch.stack(outputs), tuple(after)

    def _join(self, words: Tensor, output: Tensor, *, first: bool) -> Tensor:
        return output if first or not self.skip_connections else output + words
