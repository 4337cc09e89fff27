"""Decoding loop that all searches share: score, choose, extend, until every image is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from captioner.search.finished import Finished
from captioner.search.hypotheses import Hypotheses
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.state import StateT, Step

# Asking which images are done waits for the device, so a GPU is not asked after each word.
_STEPS_BETWEEN_STOP_TESTS = 4


class Strategy(Protocol):
    """Search strategy: how the next words are chosen, and when an image is done."""

    @property
    def captions(self) -> int:
        """Number of captions returned for each image, K."""

    @property
    def finished(self) -> Finished | None:
        """Keeper of the best ended captions; None if ended captions keep their rows."""

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        """Return how each caption is extended, from log-probabilities (B, K, V) of the next word.

        Words that rules forbid have -inf. Ended rows go on by themselves: what stands in theirs
        is arbitrary. The tensor may be written to.
        """

    def done(self, prefixes: Prefixes) -> Tensor:
        """Return for which images (B,) the best captions can no longer change."""

    def best(self, prefixes: Prefixes) -> Tensor:
        """Return the rows (B, ``captions``) of the ``outcome`` to return, best first."""


@torch.no_grad()
def decode(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    strategy: Strategy,
    *,
    eos: int,
    max_words: int,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Decode captions word by word, all images and all their beams at once.

    Images that are done leave the batch. Whether there are any is asked every few steps on a GPU,
    where the question waits for all work, and after each step elsewhere; ended captions no longer
    change, so the answer does not depend on it.

    Args:
        step: Maps last words (B, K) and a state to logits (B, K, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        strategy: What to choose.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least 1; ``eos`` counts as one.
        rules: What may not be said.

    Returns:
        Captions with K = ``strategy.captions`` and T <= max_words.

    Raises:
        ValueError: If ``max_words`` is below 1.
    """
    if max_words < 1:
        raise ValueError(f"max_words: expected at least 1, found {max_words}")
    prefixes = Prefixes.empty(first, eos=eos, max_words=max_words)
    interval = _STEPS_BETWEEN_STOP_TESTS if first.is_cuda else 1
    finished = strategy.finished
    last, parts, images = first, [], []
    while len(prefixes.images):
        logits, state = step(last, state)
        log_probs = logits.float().log_softmax(dim=-1)
        for rule in rules:
            rule(log_probs, prefixes.written)
        choice = strategy.choose(log_probs, prefixes)
        prefixes = prefixes.extend(choice, state.attention)
        if finished is not None:
            prefixes = finished.update(prefixes)
        at_end = prefixes.steps == max_words
        if not at_end and choice.parents is not None:
            state = state.reorder(choice.parents)
        if at_end or (prefixes.steps % interval == 0 and bool(prefixes.ended.any())):
            done = strategy.done(prefixes) | at_end
            leaving = done.nonzero().squeeze(1)
            if len(leaving):
                left = prefixes.select(leaving)
                parts.append(left.outcome.rows(strategy.best(left)).hypotheses())
                images.append(left.images)
                staying = (~done).nonzero().squeeze(1)
                prefixes, state = prefixes.select(staying), state.select(staying)
        last = prefixes.words[..., prefixes.steps - 1]
    if not parts:  # a batch without images
        return prefixes.rows(first.new_zeros(0, strategy.captions)).hypotheses()
    order = torch.cat(images).argsort()
    return Hypotheses.concatenate(parts).select(order).trim(eos)
