"""BiLM: the bidirectional language model of ELMo, without the softmax it is trained with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from captioner.language_models.directional_lm import DirectionalLM, LMState
from captioner.language_models.options import BiLMOptions
from captioner.layers import CharacterCNN
from captioner.text.characters import CHARACTER_IDS

_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


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
    """Bidirectional language model: vectors of words in context, from spelling and both sides.

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
