"""Beam search: the k likeliest beginnings of a caption, extended side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from captioner.search.decode import decode
from captioner.search.finished import Finished
from captioner.search.hypotheses import Hypotheses
from captioner.search.length import LengthNormalization, unnormalized
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.stable_topk import stable_topk
from captioner.search.state import StateT, Step


def beam_search(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    *,
    eos: int,
    max_words: int,
    beams: int = 5,
    captions: int = 1,
    length: LengthNormalization = unnormalized,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Find the likeliest captions among those that never leave the best ``beams``.

    At every step all continuations of all beams of an image compete for its beams, and so do
    captions that have ended, with the score they ended with. One that has ended and loses its beam
    is remembered: the best of all that have ended in the beam are returned. An image is done when
    none of those still being written can overtake these, as many as are asked for. Of equal
    captions, the one that has ended first comes first, then the one that was ahead before, then the
    one with the lower word id. With one beam this is greedy search.

    Args:
        step: Maps last words (B, K) int64 and a state to logits (B, K, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least 1; ``eos`` counts as one.
        beams: Captions written side by side for each image; may exceed the vocabulary.
        captions: Captions to return for each image, 1 to ``beams``.
        length: How captions of different lengths compare.
        rules: What may not be said.

    Returns:
        K = ``captions`` captions for each image, T <= max_words, best first by ``length``.

    Raises:
        ValueError: If ``max_words`` is below 1 or ``captions`` not in 1 to ``beams``.

    Example:
        >>> from captioner.search import Memoryless
        >>> table = torch.tensor(  # <bos> a the cat <eos>; greedy search would say "a cat"
        ...     [[0, 0.6, 0.4, 0, 0], [0, 0, 0, 0.5, 0.5], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1],
        ...      [0, 0, 0, 0, 1]]).log()
        >>> step = lambda words, state: (table[words], state)
        >>> found = beam_search(
        ...     step, Memoryless(), torch.tensor([[0]]), eos=4, max_words=5, beams=3, captions=2)
        >>> found.words.tolist(), found.scores.exp()
        ([[[2, 3, 4], [1, 4, 4]]], tensor([[0.4000, 0.3000]]))
    """
    if not 1 <= captions <= beams:
        raise ValueError(f"captions: expected 1 to {beams}, the number of beams, found {captions}")
    strategy = _Beams(beams, captions, length)
    return decode(step, state, first, strategy, eos=eos, max_words=max_words, rules=rules)


def continuations(log_probs: Tensor, prefixes: Prefixes, k: int) -> tuple[Tensor, Tensor]:
    """Return the k best next words of each row, best first; an ended row has ``<eos>`` at no cost.

    Args:
        log_probs: Log-probabilities of the next words (B, K, V).
        prefixes: The captions so far.
        k: How many, 1 to V.

    Returns:
        Log-probabilities and words, each (B, K, k).
    """
    scores, words = stable_topk(log_probs, k)
    ended = prefixes.ended.unsqueeze(-1)
    words = words.masked_fill(ended, prefixes.eos)
    scores = scores.masked_fill(ended, -torch.inf)
    scores[..., 0].masked_fill_(prefixes.ended, 0.0)
    return scores, words


def rank(scores: Tensor, prefixes: Prefixes, length: LengthNormalization) -> Tensor:
    """Return the normalized scores of captions extended by words (B, K, k)."""
    lengths = prefixes.lengths + ~prefixes.ended
    return length(prefixes.total.unsqueeze(-1) + scores, lengths.unsqueeze(-1))


def select_best(ranking: Tensor, scores: Tensor, words: Tensor, beams: int, eos: int) -> Choice:
    """Return the best continuations of an image as its next rows, best first.

    Args:
        ranking: What continuations rank by (B, K, k).
        scores: Their log-probabilities (B, K, k).
        words: Their words (B, K, k) int64.
        beams: Rows to fill; what is left over is dead.
        eos: Word of dead rows.
    """
    _, rows, width = ranking.shape
    ranking, scores, words = ranking.flatten(1), scores.flatten(1), words.flatten(1)
    if (spare := beams - rows * width) > 0:
        ranking = F.pad(ranking, (0, spare), value=-torch.inf)
        scores = F.pad(scores, (0, spare), value=-torch.inf)
        words = F.pad(words, (0, spare), value=eos)
    _, best = stable_topk(ranking, beams)
    parents = (best // width).clamp_(max=rows - 1)
    return Choice(parents, words.gather(1, best), scores.gather(1, best))


def no_longer_beaten(prefixes: Prefixes, captions: int, length: LengthNormalization) -> Tensor:
    """Return for which images (B,) nothing can overtake the best ended ``captions``.

    Words only cost, so what is being written can at best keep its probability up to the greatest
    length.
    """
    ended, finished = prefixes.ended, prefixes.outcome
    last = length(finished.total, finished.lengths)[:, captions - 1]
    alive = prefixes.total.masked_fill(ended, -torch.inf).amax(dim=1)
    greatest = torch.full_like(prefixes.lengths[:, 0], prefixes.words.size(-1))
    return (last > length(alive, greatest)) | ended.all(dim=1)


def first_indices(like: Tensor, captions: int) -> Tensor:
    """Return the indices 0 .. ``captions`` - 1 for each image (B, captions)."""
    return torch.arange(captions, device=like.device).expand(len(like), -1)


@dataclass(frozen=True)
class _Beams:
    beams: int
    captions: int
    length: LengthNormalization

    @property
    def finished(self) -> Finished:
        return Finished(self.captions, self.length)

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        k = min(self.beams, log_probs.size(-1))
        scores, words = continuations(log_probs, prefixes, k)
        ranking = rank(scores, prefixes, self.length)
        return select_best(ranking, scores, words, self.beams, prefixes.eos)

    def done(self, prefixes: Prefixes) -> Tensor:
        return no_longer_beaten(prefixes, self.captions, self.length)

    def best(self, prefixes: Prefixes) -> Tensor:
        return first_indices(prefixes.total, self.captions)
