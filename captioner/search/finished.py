"""Finished hypotheses of a search: the best ended captions, kept whatever comes after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from captioner.search.length import LengthNormalization
from captioner.search.prefixes import Prefixes
from captioner.search.stable_topk import stable_topk


@dataclass(frozen=True)
class Finished:
    """Keeper of the best finished captions of each image, best first.

    A caption that has ended competes with those still being written for the rows of a beam, by
    what they rank by so far. Where length counts, one that is being written may rank high now and
    low once it has ended. So a row of the beam can be lost to it, but no caption that was
    finished in the beam is: the best of them all are returned.

    Attributes:
        keep: How many of each group.
        length: How captions of different lengths compare.
        groups: Groups that the rows of an image belong to, one after the other, of equal size.
        rows: Only the last so many rows of an image are captions that may be returned; all if 0.
    """

    keep: int
    length: LengthNormalization
    groups: int = 1
    rows: int = 0

    def update(self, prefixes: Prefixes) -> Prefixes:
        """Return the rows of ``prefixes`` with those that have just ended among the finished.

        Args:
            prefixes: All rows, just one word on.

        Returns:
            The same, with ``finished`` of ``keep`` rows a group, those that do not exist dead.
        """
        last_step = prefixes.steps == prefixes.words.size(-1)
        # The word just added counts in no row that had ended without it.
        new = (prefixes.lengths == prefixes.steps) & (prefixes.ended | last_step)
        if not new.is_cuda and not new.any():  # a GPU would have to be waited for
            return prefixes
        rows = replace(
            prefixes,
            total=prefixes.total.masked_fill(~new, -torch.inf),
            attention=[],
            finished=None,
        ).last(self.rows)
        kept = prefixes.finished
        names = ("words", "word_scores", "backpointers", "total", "lengths", "ended")
        parts = {name: self._concatenated(kept, rows, name) for name in names}
        ranking = self.length(parts["total"], parts["lengths"])  # (B, G, K)
        _, best = stable_topk(ranking, self.keep)
        chosen: dict[str, Any] = {name: _take(part, best) for name, part in parts.items()}
        return replace(prefixes, finished=replace(rows, **chosen))

    def _concatenated(self, kept: Prefixes | None, rows: Prefixes, name: str) -> Tensor:
        """Return a part (B, G, K, ..) of the rows that have been kept, and the others behind."""
        parts = [getattr(each, name) for each in (kept, rows) if each is not None]
        return torch.cat([part.unflatten(1, (self.groups, -1)) for part in parts], dim=2)


def _take(part: Tensor, indices: Tensor) -> Tensor:
    """Return the rows (B, G * K, ..) at indices (B, G, K) of a part (B, G, R, ..)."""
    index = indices if part.dim() == indices.dim() else indices.unsqueeze(-1)
    return part.take_along_dim(index, dim=2).flatten(1, 2)
