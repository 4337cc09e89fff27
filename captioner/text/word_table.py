"""Word table: spelling and vocabulary id of each distinct word, for batches of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from captioner.text.characters import BOS, EOS, character_ids
from captioner.text.vocabulary import Vocabulary
from captioner.types import TextBatch


class WordTable:
    """Table of known words that makes batches in which every word is spelt once.

    A word that is not in the vocabulary is spelt like any other; only as something to predict it
    is ``<unk>``.

    Args:
        words: All words of the sentences to come; repetitions do no harm.
        vocabulary: Maps words to the ids that are predicted.
        max_characters: Ids of a word's spelling, C.

    Example:
        >>> table = WordTable(["a", "dog", "a"], Vocabulary(["a"]), max_characters=5)
        >>> batch = table.batch([table.rows(["a", "dog"]), table.rows(["a"])])
        >>> batch.tokens.tolist()
        [[1, 4, 3, 2], [1, 4, 2, 0]]
        >>> batch.characters.shape, batch.words.tolist()
        (torch.Size([5, 5]), [[1, 3, 4, 2], [1, 3, 2, 0]])
    """

    def __init__(self, words: Iterable[str], vocabulary: Vocabulary, max_characters: int) -> None:
        distinct = list(dict.fromkeys(words))
        # Row 0 is where there is no word; the sentence markers follow.
        self._rows = {word: row for row, word in enumerate(distinct, start=3)}
        spelt = character_ids([BOS, EOS, *distinct], max_characters).short()
        self._characters = torch.cat([spelt.new_zeros(1, max_characters), spelt])
        bos, *ids, eos = vocabulary.encode(distinct)
        self._ids = torch.tensor([vocabulary.pad, bos, eos, *ids])

    def rows(self, words: Sequence[str]) -> Tensor:
        """Return the rows (T,) int64 of a sentence's words, between those of the two markers."""
        return torch.tensor([1, *(self._rows[word] for word in words), 2])

    def batch(self, sentences: Sequence[Tensor]) -> TextBatch:
        """Return a batch of sentences, the longest first.

        Args:
            sentences: For each sentence what :meth:`rows` returned.
        """
        longest_first = sorted(sentences, key=len, reverse=True)
        rows = pad_sequence(longest_first, batch_first=True)  # B T
        distinct, words = rows.unique(return_inverse=True)
        return TextBatch(
            characters=self._characters[distinct].long(),
            words=words,
            tokens=self._ids[rows],
            lengths=torch.tensor([len(sentence) for sentence in longest_first]),
        )
