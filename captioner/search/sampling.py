"""Sampling: captions drawn from the model's own distribution, or from the likelier part of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from captioner.search.decode import decode
from captioner.search.filters import keep_min_p, keep_top_k, keep_top_p
from captioner.search.hypotheses import Hypotheses
from captioner.search.prefixes import Choice, Prefixes
from captioner.search.rules import Rule
from captioner.search.state import StateT, Step


def sample(
    step: Step[StateT],
    state: StateT,
    first: Tensor,
    *,
    eos: int,
    max_words: int,
    seeds: Sequence[int],
    samples: int = 1,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    rules: Sequence[Rule] = (),
) -> Hypotheses:
    """Draw captions, each word from the probabilities that the model gives the next one.

    Every image has a random generator of its own, so a sample does not depend on the images that
    share its batch. Temperature comes first, then the filters, in the order of the arguments.

    Args:
        step: Maps last words (B, K) int64 and a state to logits (B, K, V) and the next state.
        state: State before the first word, with one beam.
        first: The word that starts each caption (B, 1) int64; never part of the result.
        eos: Id of the word that ends a caption.
        max_words: Steps after which a caption is cut, at least 1; ``eos`` counts as one.
        seeds: A seed for each of the B images.
        samples: Captions to draw for each image, independently.
        temperature: Divides log-probabilities, above 0; below 1 favours likely words, above 1 rare
            ones.
        top_k: Draw among the k likeliest words only; 0 for no limit.
        top_p: Draw among the likeliest words that together have this probability.
        min_p: Draw among words that are at least this times as likely as the likeliest.
        rules: What may not be said.

    Returns:
        K = ``samples`` captions for each image in the order of drawing, T <= max_words, with the
        log-probabilities that the model itself gives their words.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> from captioner.search import Memoryless
        >>> table = torch.tensor([[0, 0.5, 0.5], [0, 0.5, 0.5], [0, 0, 1]]).log()
        >>> step = lambda words, state: (table[words], state)
        >>> found = sample(step, Memoryless(), torch.tensor([[0]]), eos=2, max_words=5, seeds=[7],
        ...                samples=3)
        >>> found.words.shape[:2], bool(((found.words == 1) | (found.words == 2)).all())
        (torch.Size([1, 3]), True)
    """
    _check(len(first), len(seeds), samples, temperature, top_k, top_p, min_p)
    draws = torch.empty(len(first), samples, max_words, dtype=torch.float64)
    generator = torch.Generator()
    for image, seed in enumerate(seeds):  # once, before the search
        torch.rand(draws[image].shape, generator=generator.manual_seed(seed), out=draws[image])
    strategy = _Sampling(draws.to(first.device), temperature, top_k, top_p, min_p)
    return decode(step, state, first, strategy, eos=eos, max_words=max_words, rules=rules)


def _check(
    images: int,
    seeds: int,
    samples: int,
    temperature: float,
    top_k: int,
    top_p: float,
    min_p: float,
) -> None:
    problems = {
        f"seeds: expected one for each of {images} images, found {seeds}": seeds != images,
        f"samples: expected at least 1, found {samples}": samples < 1,
        f"temperature: expected above 0, finite, found {temperature}": (
            not 0 < temperature < math.inf
        ),
        f"top_k: expected at least 0, found {top_k}": top_k < 0,
        f"top_p: expected above 0 to 1, found {top_p}": not 0 < top_p <= 1,
        f"min_p: expected 0 to 1, found {min_p}": not 0 <= min_p <= 1,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise ValueError(problem)


@dataclass(frozen=True)
class _Sampling:
    draws: Tensor  # (all images, samples, steps), uniform in [0, 1)
    temperature: float
    top_k: int
    top_p: float
    min_p: float

    @property
    def captions(self) -> int:
        return self.draws.size(1)

    @property
    def finished(self) -> None:
        return None

    def choose(self, log_probs: Tensor, prefixes: Prefixes) -> Choice:
        draw = self.draws[prefixes.images, :, prefixes.steps]  # (B, samples)
        if prefixes.steps == 0:  # one row becomes as many as there are samples
            log_probs = log_probs.expand(-1, draw.size(1), -1)
        cumulative = self._filtered(log_probs).exp().double().cumsum(dim=-1)
        # The first word at which the cumulative probability exceeds the draw: never one of
        # probability 0, unless all are, and then the score of the word says so.
        threshold = draw.unsqueeze(-1) * cumulative[..., -1:]
        words = torch.searchsorted(cumulative, threshold, right=True)
        words = words.clamp_(max=log_probs.size(-1) - 1)
        scores = log_probs.gather(-1, words).squeeze(-1)
        parents = None if prefixes.steps else torch.zeros_like(words.squeeze(-1))
        return Choice(parents, words.squeeze(-1), scores)

    def _filtered(self, log_probs: Tensor) -> Tensor:
        best = log_probs.amax(dim=-1, keepdim=True)
        allowed = best > -torch.inf
        # The best word is moved to 0, which no temperature, however low, divides to -inf.
        scaled = ((log_probs - best) / self.temperature).log_softmax(dim=-1)
        scaled = scaled.where(allowed, -torch.inf)
        if self.top_k:
            scaled = keep_top_k(scaled, self.top_k)
        if self.top_p < 1:
            scaled = keep_top_p(scaled.log_softmax(dim=-1).where(allowed, -torch.inf), self.top_p)
        if self.min_p:
            scaled = keep_min_p(scaled, self.min_p)
        return scaled

    def done(self, prefixes: Prefixes) -> Tensor:
        return prefixes.ended.all(dim=1)

    def best(self, prefixes: Prefixes) -> Tensor:
        return torch.arange(prefixes.total.size(1), device=prefixes.total.device).expand_as(
            prefixes.total
        )
