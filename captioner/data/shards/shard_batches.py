"""Shuffle buffer over shards: a random order that reads only a few shards at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from captioner.data.batches.sampler import EpochBatches


class ShardBatches(EpochBatches):
    """Deal examples out in training so that those of a shard come close to each other.

    In every epoch the shards are put into a new order and cut into one stretch for each device,
    which so reads its own shards. Within a stretch an example moves by up to ``window`` places, as
    through the shuffle buffer of WebDataset; but nothing is decoded to be held back, and the order
    does not depend on the number of workers. Evaluation keeps the order of the data set.

    Args:
        size: Number of examples, at least 1.
        batch_size: Examples of a batch on one device.
        runs: How many consecutive examples come from each shard.
        window: How far an example moves at most.
        settings: The others of ``EpochBatches``.

    Example:
        >>> batches = ShardBatches(6, 2, runs=[2, 2, 2], window=1, shuffle=True)
        >>> sorted(sorted(index for _, index in batch) for batch in batches)
        [[0, 1], [2, 3], [4, 5]]
    """

    def __init__(
        self, size: int, batch_size: int, *, runs: Sequence[int], window: int, **settings: Any
    ) -> None:
        super().__init__(size, batch_size, **settings)
        self.runs = runs
        self.window = window

    @property
    def settings(self) -> dict[str, int]:
        """What the order depends on besides the epoch, as a checkpoint notes it."""
        return {**super().settings, "shards": len(self.runs), "shuffle_window": self.window}

    def _share(self, generator: torch.Generator) -> Tensor:
        starts = [0, *accumulate(self.runs)]
        shards = torch.randperm(len(self.runs), generator=generator).tolist()
        order = torch.cat([torch.arange(starts[i], starts[i + 1]) for i in shards])
        share = math.ceil(self.size / self.replicas)
        # filled up from the beginning, so that all shares are equal
        places = torch.arange(self.rank * share, (self.rank + 1) * share) % self.size
        moved = torch.arange(share) + self.window * torch.rand(
            share, generator=generator, dtype=torch.float64
        )
        return order[places][moved.argsort()]
