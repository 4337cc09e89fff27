"""Sentences as rows of a table of words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor
from torch.utils.data import Dataset

from captioner.text.word_table import WordTable


class TextDataset(Dataset[Tensor]):
    """Give the sentences of a text one by one, for ``WordTable.batch``.

    All of them lie end to end in one tensor, 8 bytes a word.

    Args:
        sentences: The sentences as words, at least one.
        table: Knows all their words.
        max_words: Longer sentences are cut after this many words.
    """

    def __init__(
        self, sentences: Sequence[Sequence[str]], table: WordTable, *, max_words: int
    ) -> None:
        rows = [table.rows(words[:max_words]) for words in sentences]
        self._rows = torch.cat(rows)
        self._bounds = list(pairwise(accumulate(map(len, rows), initial=0)))

    def __len__(self) -> int:
        return len(self._bounds)

    def lengths(self) -> list[int]:
        """Return the words of each sentence, its markers included."""
        return [end - start for start, end in self._bounds]

    def __getitem__(self, key: tuple[int, int]) -> Tensor:
        """Return the sentence of an (epoch, index), as ``EpochBatches`` deals them out."""
        _, index = key
        start, end = self._bounds[index]
        return self._rows[start:end]
