"""The bidirectional language model of ELMo, without the softmax it is trained with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from captioner.language_models.options import BiLMOptions
from captioner.layers import CharacterCNN, Dropout, PackedSteps, ProjectedLSTM
from captioner.text.characters import CHARACTER_IDS

LMState = tuple[tuple[Tensor, Tensor], ...]
"""For each layer the hidden state h (.., P) and the cell c (.., cell_size)."""

_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


class DirectionalLM(nn.Module):
    """Read words in one direction, with LSTM layers on top of each other.

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


def character_encoder(options: BiLMOptions) -> CharacterCNN:
    """Return the part of a biLM that turns spelling (.., C) int64 into word vectors (.., P).

    Args:
        options: Sizes of the model.

    Example:
        >>> encode = character_encoder(BiLMOptions(projection_size=6, cell_size=8))
        >>> encode(torch.randint(1, 262, (5, 50))).shape
        torch.Size([5, 6])
    """
    return CharacterCNN(
        CHARACTER_IDS,
        options.character_size,
        options.filters,
        highways=options.highways,
        output_size=options.projection_size,
        activation=_ACTIVATIONS[options.activation],
    )


class BiLM(nn.Module):
    """Represent words in their context: by spelling, and by reading from both sides.

    Peters et al., 2018. Two :class:`DirectionalLM` share the character encoder and nothing else:
    each predicts from one side only, which is what makes them language models.

    Attributes:
        options: Sizes of the model.
        characters: Spelling (.., C) int64 -> word vector (.., P).
        forward_lm: Reads left to right.
        backward_lm: Reads right to left.

    Args:
        options: Sizes of the model.
        dropout: Share of each LSTM layer's input dropped in training.

    Example:
        >>> from captioner.text.characters import BOS, EOS, character_ids
        >>> model = BiLM(BiLMOptions(projection_size=6, cell_size=8))
        >>> words = model.characters(character_ids([BOS, "a", "dog", "runs", EOS]))
        >>> model(words.unsqueeze(0), torch.tensor([5])).shape
        torch.Size([3, 1, 5, 12])
    """

    def __init__(self, options: BiLMOptions, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.options = options
        self.characters = character_encoder(options)
        self.forward_lm = DirectionalLM(options, dropout=dropout)
        self.backward_lm = DirectionalLM(options, dropout=dropout, backward=True)

    def forward(self, words: Tensor, lengths: Tensor) -> Tensor:
        """Return all layers' vectors of each word (L + 1, B, T, 2P).

        Layer 0 is the word vector, twice; the LSTM layers follow, forward half first. Padding is
        zeros. The backward direction starts at each sentence's own end.

        Args:
            words: Word vectors (B, T, P), sentence markers included.
            lengths: Words of each sentence (B,) int64.
        """
        return self.unroll(words, lengths)[0]

    def unroll(
        self, words: Tensor, lengths: Tensor, states: tuple[LMState, LMState] | None = None
    ) -> tuple[Tensor, tuple[LMState, LMState]]:
        """Return what :meth:`forward` returns, and the state of both directions.

        Args:
            words: Word vectors (B, T, P).
            lengths: Words of each sentence (B,) int64.
            states: States (B, ..) of forward and backward direction to start from, such as those
                after other sentences; zeros if not given.
        """
        before, behind = states or (None, None)
        left, left_state = self.forward_lm(words, before, lengths)
        right, right_state = self.backward_lm(words, behind, lengths)
        present = torch.arange(words.size(1), device=words.device) < lengths.unsqueeze(1)  # (B, T)
        words = (words * present.unsqueeze(-1)).unsqueeze(0)
        layers = [torch.cat([words, left]), torch.cat([words, right])]
        return torch.cat(layers, dim=-1), (left_state, right_state)
