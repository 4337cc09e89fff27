"""Character CNN: a word's vector from its spelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from captioner.layers.highway import Highway

_WORDS_AT_ONCE = 512  # their convolutions fit the memory however many words there are


class CharacterCNN(nn.Module):
    """Character-level CNN: the characters of any word to one vector.

    Kim et al., 2016, "Character-aware neural language models", section 2.2. Filters of several
    widths slide over the character embeddings and each keeps the best it found anywhere in the
    word, such as an ending; highway layers combine what was found; a projection sets the width::

        characters (C) -> embeddings -> convolutions -> max over C -> highways -> projection (P)

    Args:
        characters: How many character ids there are; id 0 has the zero vector, always.
        character_size: Width of a character's embedding.
        filters: For each width of a filter how many there are, such as ((1, 32), (2, 64)).
        highways: Number of highway layers.
        output_size: Width P of a word's vector.
        activation: Non-linearity after the convolutions.

    Example:
        >>> cnn = CharacterCNN(262, 4, ((1, 8), (3, 16)), highways=1, output_size=6)
        >>> cnn(torch.randint(262, (2, 5, 50))).shape
        torch.Size([2, 5, 6])
    """

    def __init__(
        self,
        characters: int,
        character_size: int,
        filters: Sequence[tuple[int, int]],
        *,
        highways: int,
        output_size: int,
        activation: Callable[[Tensor], Tensor] = torch.relu,
    ) -> None:
        super().__init__()
        count = sum(number for _, number in filters)
        self.embedding = nn.Embedding(characters, character_size, padding_idx=0)
        convolutions = [nn.Conv1d(character_size, number, width) for width, number in filters]
        self.convolutions = cast("Sequence[nn.Conv1d]", nn.ModuleList(convolutions))
        self.highways = nn.Sequential(*(Highway(count) for _ in range(highways)))
        self.projection = nn.Linear(count, output_size)
        self.activation = activation
        self.widest = max(width for width, _ in filters)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights as the published models did: small filters over large embeddings."""
        nn.init.uniform_(self.embedding.weight, -1.0, 1.0)
        nn.init.zeros_(self.embedding.weight[0].detach())
        for convolution in self.convolutions:
            nn.init.uniform_(convolution.weight, -0.05, 0.05)
            nn.init.zeros_(cast("Tensor", convolution.bias))
        nn.init.normal_(self.projection.weight, std=self.projection.in_features**-0.5)
        nn.init.zeros_(self.projection.bias)

    def forward(self, characters: Tensor) -> Tensor:
        """Return a vector (.., P) for each word of ``characters`` (.., C) int64."""
        rows = self._trim_padding(characters.reshape(-1, characters.size(-1)))
        words = torch.cat([self._encode(part) for part in rows.split(_WORDS_AT_ONCE)])
        return words.unflatten(0, characters.shape[:-1])

    def distinct(self, characters: Tensor) -> Tensor:
        """Return what :meth:`forward` returns, computing words that repeat only once.

        Text repeats its words. Finding them costs a sort of their ids, little beside the millions
        of multiplications that a vector takes.

        Args:
            characters: Ids of the words' characters (.., C) int64.
        """
        rows = characters.reshape(-1, characters.size(-1))
        words, indices = self._trim_padding(rows).unique(dim=0, return_inverse=True)
        return self(words).index_select(0, indices).unflatten(0, characters.shape[:-1])

    def _trim_padding(self, rows: Tensor) -> Tensor:
        """Return ``rows`` (M, C) without the columns in which every word only repeats its last id.

        Words are padded to 50 characters and have five. Windows inside the padding of a word all
        find the same, so one of them is as good as forty.
        """
        column = torch.arange(1, rows.size(1) + 1, device=rows.device)
        longest = (column * (rows != rows[:, -1:]).any(dim=0)).max()
        return rows[:, : int(longest) + self.widest]

    def _encode(self, rows: Tensor) -> Tensor:
        characters = self.embedding(rows).transpose(1, 2)  # (M, E, C)
        found = [convolution(characters).amax(dim=-1) for convolution in self.convolutions]
        return self.projection(self.highways(self.activation(torch.cat(found, dim=-1))))
