"""Logits rules: constraints that rule words out before one is chosen.

A rule looks at the words so far (B, K, t) and sets the log-probabilities (B, K, V) of forbidden
next words to -inf, in place. The other words keep the probability that the model gave them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Rule = Callable[[Tensor, Tensor], None]
"""Maps log-probabilities (B, K, V), changed in place, and the words so far (B, K, t) to nothing."""


@dataclass(frozen=True)
class Forbidden:
    """Rule against some words.

    Attributes:
        words: Their ids (C,) int64, on the device of the search.

    Example:
        >>> scores = torch.zeros(1, 1, 4)
        >>> Forbidden(torch.tensor([0, 3]))(scores, torch.empty(1, 1, 0, dtype=torch.long))
        >>> scores
        tensor([[[-inf, 0., 0., -inf]]])
    """

    words: Tensor

    def __call__(self, log_probs: Tensor, words: Tensor) -> None:
        """Rule out the words."""
        log_probs.index_fill_(-1, self.words, -torch.inf)


@dataclass(frozen=True)
class MinimumLength:
    """Rule against captions that end too early.

    Attributes:
        min_words: Words of the shortest caption, ``eos`` not counted.
        eos: Id of the word that ends a caption.

    Example:
        >>> scores = torch.zeros(1, 1, 3)
        >>> MinimumLength(2, eos=2)(scores, torch.tensor([[[1]]]))
        >>> scores
        tensor([[[0., 0., -inf]]])
    """

    min_words: int
    eos: int

    def __call__(self, log_probs: Tensor, words: Tensor) -> None:
        """Rule out ``eos`` while the caption is too short."""
        if words.size(-1) < self.min_words:
            log_probs[..., self.eos] = -torch.inf


@dataclass(frozen=True)
class NoRepeatedNgram:
    """Rule against repeated n-grams (trigram blocking; Paulus et al., 2018, section 2.5).

    Attributes:
        n: Length of the word sequence, at least 1, which allows each word once.

    Raises:
        ValueError: If ``n`` is below 1.

    Example:
        >>> scores = torch.zeros(1, 1, 4)
        >>> NoRepeatedNgram(2)(scores, torch.tensor([[[1, 3, 1]]]))  # 1 was followed by 3 before
        >>> scores
        tensor([[[0., 0., 0., -inf]]])
    """

    n: int

    def __post_init__(self) -> None:
        """Refuse sequences of no words."""
        if self.n < 1:
            raise ValueError(f"n: expected at least 1, found {self.n}")

    def __call__(self, log_probs: Tensor, words: Tensor) -> None:
        """Rule out the last word of every n-gram that has been said and would be said again."""
        written = words.size(-1)
        if written < self.n:
            return
        following = words[..., self.n - 1 :]  # the last word of every n-gram so far
        repeated = torch.ones_like(following, dtype=torch.bool)
        for back in range(1, self.n):  # and the words before it
            earlier = words[..., self.n - 1 - back : written - back]
            repeated &= earlier == words[..., written - back, None]
        penalty = torch.zeros(following.shape, device=words.device)
        log_probs.scatter_add_(-1, following, penalty.masked_fill_(repeated, -torch.inf))


@dataclass(frozen=True)
class NoDanglingEnding:
    """Rule against dangling endings: words that ask for another, as in "a dog with a".

    Captioners trained on CIDEr learn such endings. A caption that is cut at the greatest length
    does not end in one either.

    Attributes:
        words: Ids of words that end no caption (C,) int64, on the device of the search.
        eos: Id of the word that ends a caption.
        max_words: Greatest length of a caption.

    Example:
        >>> scores = torch.zeros(1, 1, 4)
        >>> rule = NoDanglingEnding(torch.tensor([1]), eos=3, max_words=9)
        >>> rule(scores, torch.tensor([[[2, 1]]]))
        >>> scores
        tensor([[[0., 0., 0., -inf]]])
    """

    words: Tensor
    eos: int
    max_words: int

    def __call__(self, log_probs: Tensor, words: Tensor) -> None:
        """Rule out ``eos`` after such a word, and such words in the last place."""
        if words.size(-1):
            # torch.isin would do, but waits for a GPU where the list is long.
            dangling = (words[..., -1:] == self.words).any(dim=-1)
            log_probs[..., self.eos].masked_fill_(dangling, -torch.inf)
        if words.size(-1) == self.max_words - 1:
            log_probs.index_fill_(-1, self.words, -torch.inf)
