"""Vocabulary: the words that a model can predict, and their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from captioner.errors import CaptionerError


class Vocabulary:
    """Mapping of words to ids and back.

    Four ids are special and distinct: ``pad`` 0 fills rows of a batch, ``bos`` 1 starts a caption,
    ``eos`` 2 ends it, ``unk`` 3 stands for a word that is not in the vocabulary. Words follow in
    the order given. ``NEVER_SAID`` are the special ids that no caption may hold: all but ``eos``.
    A caption may hold a word that is spelt like a special one, "<eos>" for
    instance, which ends nothing: it is unknown like any other word that is not in the vocabulary.

    Args:
        words: The words, without the special ones, each once.

    Raises:
        CaptionerError: If a word occurs twice or equals a special one.

    Example:
        >>> vocabulary = Vocabulary(["a", "dog", "runs"])
        >>> vocabulary.encode(["a", "cat", "runs"])
        [1, 4, 3, 6, 2]
        >>> vocabulary.encode(["a", "<eos>", "dog"])
        [1, 4, 3, 5, 2]
        >>> vocabulary.decode([1, 4, 5, 2, 0, 0])
        ['a', 'dog']
    """

    SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
    pad, bos, eos, unk = range(4)
    NEVER_SAID = (pad, bos, unk)

    def __init__(self, words: Iterable[str]) -> None:
        self.words: tuple[str, ...] = (*self.SPECIAL, *words)
        special = len(self.SPECIAL)
        self._ids = dict(zip(self.words[special:], range(special, len(self.words)), strict=True))
        if len({*self.words}) < len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise CaptionerError(f"vocabulary: expected every word once, found {twice!r} twice")

    @classmethod
    def build(cls, captions: Iterable[Sequence[str]], min_count: int = 1) -> Vocabulary:
        """Build a vocabulary of the words that occur ``min_count`` times, most frequent first.

        Ties are broken alphabetically, so that the result does not depend on the order of captions.
        Words that are spelt like special ones are left out.

        Args:
            captions: Tokenized *training* captions. Validation and test captions must never come
                here: a vocabulary made from them tells the model which words to expect.
            min_count: How often a word must occur to be kept, at least 1.

        Example:
            >>> captions = [["a", "dog"], ["a", "cat"], ["the", "dog"]]
            >>> Vocabulary.build(captions, min_count=2).words[4:]
            ('a', 'dog')
        """
        return cls.from_counts(Counter(word for caption in captions for word in caption), min_count)

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], min_count: int = 1) -> Vocabulary:
        """Build a vocabulary from words that have been counted before, as ``build`` does.

        Args:
            counts: How often each word occurs.
            min_count: How often a word must occur to be kept, at least 1.
        """
        kept = [w for w, count in counts.items() if count >= min_count and w not in cls.SPECIAL]
        return cls(sorted(kept, key=lambda word: (-counts[word], word)))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Return whether a word is in the vocabulary; special ones are not."""
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def encode(self, words: Sequence[str]) -> list[int]:
        """Return the ids of ``words``, between ``bos`` and ``eos``; of unknown ones ``unk``."""
        return [self.bos, *(self._ids.get(word, self.unk) for word in words), self.eos]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words up to the first ``eos``, without special ids other than ``unk``."""
        words = []
        for index in ids:
            if index == self.eos:
                break
            if index not in (self.pad, self.bos):
                words.append(self.words[index])
        return words
