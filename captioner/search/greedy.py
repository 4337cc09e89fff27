"""Greedy search: the likeliest word, again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from captioner.search.hypotheses import Hypotheses

State = TypeVar("State")

# Asking whether all captions have ended waits for the device, so it is not asked after each word.
_STEPS_BETWEEN_STOP_TESTS = 4


@torch.no_grad()
def greedy_search(
    step: Callable[[Tensor, State], tuple[Tensor, State]],
    state: State,
    first: Tensor,
    *,
    eos: int,
    max_words: int,
    forbidden: Sequence[int] = (),
) -> Hypotheses:
    """Find one caption per image by taking the likeliest word at every step.

    Log-probabilities are those of the model; forbidding a word does not rescale the others.

    Args:
        step: Maps last words (B, 1) int64 and a state to logits (B, 1, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        eos: Id of the word that ends a caption.
        max_words: Longest caption in words, ``eos`` not counted, at least 1.
        forbidden: Ids that are never chosen.

    Returns:
        Captions with K = 1 and T <= max_words + 1.

    Raises:
        ValueError: If ``max_words`` is below 1.

    Example:
        >>> table = torch.tensor([[0, 0.6, 0.4], [0, 0.1, 0.9], [0, 0, 1]]).log()  # <bos> cat <eos>
        >>> step = lambda words, state: (table[words], state)
        >>> found = greedy_search(step, None, torch.tensor([[0]]), eos=2, max_words=5)
        >>> found.words.tolist(), round(found.scores.exp().item(), 4)
        ([[[1, 2]]], 0.54)
    """
    if max_words < 1:
        raise ValueError(f"max_words: expected at least 1, found {max_words}")
    last, ended = first, torch.zeros_like(first, dtype=torch.bool)
    words, scores = [], []
    # One step more than max_words: a caption of full length may still be ended.
    for position in range(max_words + 1):
        logits, state = step(last, state)
        log_probs = logits.float().log_softmax(dim=-1)
        allowed = log_probs.clone()
        allowed[..., list(forbidden)] = -torch.inf
        if position == max_words:
            allowed[..., :eos] = allowed[..., eos + 1 :] = -torch.inf
        last = allowed.argmax(dim=-1).masked_fill(ended, eos)
        score = log_probs.gather(-1, last.unsqueeze(-1)).squeeze(-1)
        words.append(last)
        scores.append(score.masked_fill(ended, 0.0))
        ended = ended | (last == eos)
        if position % _STEPS_BETWEEN_STOP_TESTS == 0 and bool(ended.all()):
            break
    stacked = torch.stack(words, dim=-1)
    longest = int((stacked != eos).sum(dim=-1).max()) + 1
    return Hypotheses(stacked[..., :longest], torch.stack(scores, dim=-1)[..., :longest])
