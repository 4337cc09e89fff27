"""Constrained beam search: the likeliest captions that contain required words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from captioner.search.beam import continuations, first_indices, no_longer_beaten, rank, select_best
from captioner.search.decode import decode
from captioner.search.finished import Finished
from captioner.search.hypotheses import Hypotheses
from captioner.search.length import LengthNormalization, unnormalized
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.state import StateT, Step


def constrained_beam_search(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    *,
    required: Sequence[int],
    eos: int,
    max_words: int,
    beams: int = 5,
    captions: int = 1,
    length: LengthNormalization = unnormalized,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Find the likeliest captions that contain all of some words, in any order.

    Anderson et al., 2017, "Guided Open Vocabulary Image Captioning with Constrained Beam Search",
    with a beam for each number of words already said, as in the grid of Hokamp and Liu, 2017: a
    caption that has said fewer of them never competes with one that has said more. A caption may
    end only when it has said all.

    Args:
        step: Maps last words (B, K) int64 and a state to logits (B, K, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        required: Ids of different words, without ``eos``.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least one for each required word.
        beams: Captions written side by side for each image and each number of words said.
        captions: Captions to return for each image, 1 to ``beams``.
        length: How captions of different lengths compare.
        rules: What may not be said.

    Returns:
        K = ``captions`` captions for each image, T <= max_words, best first by ``length``.

    Raises:
        ValueError: If a number is out of range, or required words repeat or cannot all be said.

    Example:
        >>> from captioner.search import Memoryless
        >>> table = torch.tensor(  # <bos> cat dog <eos>
        ...     [[0, 0.9, 0.1, 0], [0, 0, 0.1, 0.9], [0, 0.2, 0, 0.8], [0, 0, 0, 1]]).log()
        >>> step = lambda words, state: (table[words], state)
        >>> found = constrained_beam_search(
        ...     step, Memoryless(), torch.tensor([[0]]), required=[2], eos=3, max_words=5, beams=2)
        >>> found.words.tolist()  # the likeliest caption is "cat", the likeliest with a dog this:
        [[[2, 3]]]
    """
    if not 1 <= captions <= beams:
        raise ValueError(f"captions: expected 1 to {beams}, the number of beams, found {captions}")
    if len(set(required)) < len(required) or eos in required:
        raise ValueError(f"required: expected different words without eos, found {list(required)}")
    if len(required) > max_words:
        raise ValueError(
            f"required: expected at most {max_words} words, the greatest length, found"
            f" {len(required)}"
        )
    words = torch.tensor(list(required), dtype=torch.long, device=first.device)
    strategy = _Banks(words, beams, captions, length)
    return decode(step, state, first, strategy, eos=eos, max_words=max_words, rules=rules)


@dataclass(frozen=True)
class _Banks:
    """Banks of ``beams`` rows, one for each number of required words said, none to all."""

    required: Tensor  # (C,)
    beams: int
    captions: int
    length: LengthNormalization

    @property
    def finished(self) -> Finished:
        return Finished(self.captions, self.length, rows=self.beams)

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        constraints = len(self.required)
        said = (prefixes.written.unsqueeze(-1) == self.required).any(dim=-2)  # (B, K, C)
        count = said.sum(dim=-1, keepdim=True)
        log_probs[..., prefixes.eos].masked_fill_(count.squeeze(-1) < constraints, -torch.inf)
        # Required words are candidates however unlikely; struck out of the rest, none is one twice.
        guided = log_probs[..., self.required].masked_fill(prefixes.ended.unsqueeze(-1), -torch.inf)
        log_probs[..., self.required] = -torch.inf
        free, free_words = continuations(log_probs, prefixes, min(self.beams, log_probs.size(-1)))
        scores = torch.cat([free, guided], dim=-1)
        words = torch.cat([free_words, self.required.expand_as(guided)], dim=-1)
        bank = torch.cat([count.expand_as(free), count + ~said], dim=-1)  # of each candidate
        ranking = rank(scores, prefixes, self.length)
        chosen = []
        for said_words in range(constraints + 1):
            elsewhere = bank != said_words
            chosen.append(
                select_best(
                    ranking.masked_fill(elsewhere, -torch.inf),
                    scores.masked_fill(elsewhere, -torch.inf),
                    words,
                    self.beams,
                    prefixes.eos,
                )
            )
        parents, words, scores = (
            torch.cat([getattr(choice, part) for choice in chosen], dim=1)
            for part in ("parents", "words", "scores")
        )
        return Choice(parents, words, scores)

    def done(self, prefixes: Prefixes) -> Tensor:
        return no_longer_beaten(prefixes, self.captions, self.length)

    def best(self, prefixes: Prefixes) -> Tensor:
        return first_indices(prefixes.total, self.captions)
