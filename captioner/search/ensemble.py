"""Ensemble decoding: several models vote on each word by averaging their probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from captioner.search.state import SearchState, Step


@dataclass(frozen=True)
class EnsembleState:
    """States of all members of an ensemble.

    Attributes:
        members: One state for each model.
    """

    members: tuple[SearchState, ...]

    @property
    def attention(self) -> Tensor | None:
        """The members' average weights, if all look at image tokens of one grid; else None."""
        maps = [member.attention for member in self.members]
        found = [weights for weights in maps if weights is not None]
        if len(found) < len(maps) or len({weights.shape for weights in found}) > 1:
            return None
        return torch.stack(found).mean(dim=0)

    def reorder(self, beams: Tensor) -> EnsembleState:
        """Return the state in which beam k of image b continues the old beam ``beams[b, k]``."""
        return EnsembleState(tuple(member.reorder(beams) for member in self.members))

    def select(self, images: Tensor) -> EnsembleState:
        """Return the state of the images ``images`` (B',) only."""
        return EnsembleState(tuple(member.select(images) for member in self.members))


def ensemble_step(
    steps: Sequence[Step[Any]],
) -> Step[EnsembleState]:
    """Return the step of an ensemble: the mean of its members' probabilities of the next word.

    Args:
        steps: The members' steps; their words must have the same ids.

    Returns:
        A step over :class:`EnsembleState` whose logits are log-probabilities.

    Example:
        >>> from captioner.search import Memoryless
        >>> one, other = torch.tensor([[0.8, 0.2]]).log(), torch.tensor([[0.4, 0.6]]).log()
        >>> step = ensemble_step([lambda w, s: (one[w], s), lambda w, s: (other[w], s)])
        >>> logits, _ = step(torch.tensor([[0]]), EnsembleState((Memoryless(), Memoryless())))
        >>> logits.exp()
        tensor([[[0.6000, 0.4000]]])
    """

    def step(words: Tensor, state: EnsembleState) -> tuple[Tensor, EnsembleState]:
        scored = [one(words, member) for one, member in zip(steps, state.members, strict=True)]
        log_probs = torch.stack([logits.float().log_softmax(dim=-1) for logits, _ in scored])
        mean = log_probs.logsumexp(dim=0) - math.log(len(steps))
        return mean, EnsembleState(tuple(following for _, following in scored))

    return step
