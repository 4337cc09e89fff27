"""Diverse beam search: groups of beams that avoid each other's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from captioner.search.beam import continuations, rank, select_best
from captioner.search.decode import decode
from captioner.search.finished import Finished
from captioner.search.hypotheses import Hypotheses
from captioner.search.length import LengthNormalization, unnormalized
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.state import StateT, Step


def diverse_beam_search(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    *,
    eos: int,
    max_words: int,
    beams: int = 6,
    groups: int = 3,
    diversity: float = 0.5,
    captions: int = 1,
    length: LengthNormalization = unnormalized,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Find captions that differ: beams in groups, each of which avoids what the others say.

    Vijayakumar et al., 2018, "Diverse Beam Search", with the Hamming penalty: at every step the
    groups choose in turn, and a word costs ``diversity`` for each time that an earlier group has
    just said it. The penalty steers the choice only; captions keep the model's log-probability. The
    first group is an ordinary beam search.

    Args:
        step: Maps last words (B, K) int64 and a state to logits (B, K, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least 1; ``eos`` counts as one.
        beams: Captions written side by side for each image, over all groups.
        groups: Number of groups, a divisor of ``beams``.
        diversity: Penalty in nats, at least 0.
        captions: Captions to return for each image, 1 to ``beams``.
        length: How captions of different lengths compare.
        rules: What may not be said.

    Returns:
        K = ``captions`` captions for each image, T <= max_words: the best of every group, best
        first, then the second of every group, and so on.

    Raises:
        ValueError: If a number is out of range or ``beams`` cannot be shared out evenly.

    Example:
        >>> from captioner.search import Memoryless
        >>> table = torch.tensor([[0, 0.5, 0.3, 0.2], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]])
        >>> step = lambda words, state: (table.log()[words], state)
        >>> found = diverse_beam_search(step, Memoryless(), torch.tensor([[0]]), eos=3, max_words=5,
        ...                             beams=2, groups=2, diversity=1.0, captions=2)
        >>> found.words.tolist()
        [[[1, 3], [2, 3]]]
    """
    if not 1 <= captions <= beams:
        raise ValueError(f"captions: expected 1 to {beams}, the number of beams, found {captions}")
    if groups < 1 or beams % groups:
        raise ValueError(
            f"groups: expected a divisor of {beams}, the number of beams, found {groups}"
        )
    if not 0 <= diversity < math.inf:
        raise ValueError(f"diversity: expected at least 0, finite, found {diversity}")
    strategy = _Groups(beams, groups, diversity, captions, length)
    return decode(step, state, first, strategy, eos=eos, max_words=max_words, rules=rules)


@dataclass(frozen=True)
class _Groups:
    beams: int
    groups: int
    diversity: float
    captions: int
    length: LengthNormalization

    @property
    def finished(self) -> Finished:
        return Finished(self.beams // self.groups, self.length, self.groups)

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        size = self.beams // self.groups
        k = min(size, log_probs.size(-1))
        said = log_probs.new_zeros(log_probs.size(0), 1, log_probs.size(-1))  # times, by word
        chosen = []
        for group in range(self.groups):
            start = group * size if prefixes.steps else 0  # all groups start from one row
            stop = start + (size if prefixes.steps else 1)
            indices = torch.arange(start, stop, device=said.device).expand(len(said), -1)
            members = prefixes.rows(indices)
            own = log_probs[:, start:stop]
            penalized, words = continuations(own - self.diversity * said, members, k)
            scores = own.gather(-1, words).masked_fill(penalized == -torch.inf, -torch.inf)
            scores = scores.masked_fill(members.ended.unsqueeze(-1) & (penalized == 0), 0.0)
            ranking = rank(penalized, members, self.length)
            choice = select_best(ranking, scores, words, size, prefixes.eos)
            assert choice.parents is not None
            alive = ~members.ended.gather(1, choice.parents) & (choice.scores > -torch.inf)
            said.squeeze(1).scatter_add_(1, choice.words, alive.to(said.dtype))
            chosen.append(choice._replace(parents=choice.parents + start))
        parents, words, scores = (
            torch.cat([getattr(choice, part) for choice in chosen], dim=1)
            for part in ("parents", "words", "scores")
        )
        return Choice(parents, words, scores)

    def done(self, prefixes: Prefixes) -> Tensor:
        return prefixes.ended.all(dim=1)

    def best(self, prefixes: Prefixes) -> Tensor:
        size = self.beams // self.groups
        found = prefixes.outcome
        ranking = self.length(found.total, found.lengths).unflatten(1, (self.groups, size))
        order = ranking.argsort(dim=2, descending=True, stable=True)  # within each group
        position = order.argsort(dim=2).flatten(1)  # of each row in its group
        by_score = ranking.flatten(1).argsort(dim=1, descending=True, stable=True)
        by_position = position.gather(1, by_score).argsort(dim=1, stable=True)
        return by_score.gather(1, by_position)[:, : self.captions]
