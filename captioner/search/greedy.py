"""Greedy search: the likeliest word at every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from captioner.search.decode import decode
from captioner.search.hypotheses import Hypotheses
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.state import StateT, Step


def greedy_search(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    *,
    eos: int,
    max_words: int,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Find one caption per image by taking the likeliest word at every step.

    Args:
        step: Maps last words (B, 1) int64 and a state to logits (B, 1, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least 1; ``eos`` counts as one.
        rules: What may not be said.

    Returns:
        Captions with K = 1 and T <= max_words.

    Raises:
        ValueError: If ``max_words`` is below 1.

    Example:
        >>> from captioner.search import Memoryless
        >>> table = torch.tensor([[0, 0.6, 0.4], [0, 0.1, 0.9], [0, 0, 1]]).log()  # <bos> cat <eos>
        >>> step = lambda words, state: (table[words], state)
        >>> found = greedy_search(step, Memoryless(), torch.tensor([[0]]), eos=2, max_words=5)
        >>> found.words.tolist(), round(found.scores.exp().item(), 4)
        ([[[1, 2]]], 0.54)
    """
    return decode(step, state, first, _Greedy(), eos=eos, max_words=max_words, rules=rules)


class _Greedy:
    captions = 1
    finished = None

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        scores, words = log_probs.max(dim=-1)
        return Choice(None, words, scores)

    def done(self, prefixes: Prefixes) -> Tensor:
        return prefixes.ended.squeeze(1)

    def best(self, prefixes: Prefixes) -> Tensor:
        return torch.zeros_like(prefixes.lengths)
