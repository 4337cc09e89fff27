"""Which examples make up which batch, in which epoch, on which device."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class EpochBatches(Sampler[list[tuple[int, int]]]):
    """Deal the examples of a data set out into batches of (epoch, index).

    The order is a function of (seed, epoch) alone: it does not depend on how often or how far the
    sampler has been iterated before, and it draws nothing from the global random state. So
    training that goes on from a checkpoint finds the batches it would have seen.

    With several devices each one gets every ``replicas``-th example and all get the same number
    of batches, without which collective operations would wait for ever. In training the examples
    are filled up from the beginning to make the shares equal. Otherwise no example is given
    twice, since scores would count it twice, and a share that is one batch short has its last
    batch split in two (only batches of one example, which cannot be split, are given again).

    Args:
        size: Number of examples, at least 1.
        batch_size: Examples of a batch on one device.
        shuffle: Draw a new order for every epoch, and fill shares up.
        seed: Other seeds give other orders.
        rank: This device, 0 <= rank < replicas.
        replicas: Number of devices over all machines.

    Attributes:
        epoch: The epoch that the next iteration deals out.
        skip: How many batches the next iteration leaves out at its beginning.

    Example:
        >>> batches = EpochBatches(5, batch_size=2)
        >>> list(batches)
        [[(0, 0), (0, 1)], [(0, 2), (0, 3)], [(0, 4)]]
        >>> batches.skip = 2
        >>> list(batches)
        [[(0, 4)]]
        >>> list(EpochBatches(5, batch_size=2, rank=1, replicas=2))
        [[(0, 1)], [(0, 3)]]
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        rank: int = 0,
        replicas: int = 1,
    ) -> None:
        self.size = size
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.replicas = replicas
        self.epoch = 0
        self.skip = 0

    def __len__(self) -> int:
        return math.ceil(math.ceil(self.size / self.replicas) / self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration deals out; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        share = self._share()
        cuts = [min(batch * self.batch_size, len(share)) for batch in range(len(self) + 1)]
        if len(cuts) > 2 and cuts[-2] == cuts[-1]:  # one batch short: split the last one
            cuts[-2] -= (cuts[-1] - cuts[-3]) // 2
        for batch in range(self.skip, len(self)):
            yield [(self.epoch, index) for index in share[cuts[batch] : cuts[batch + 1]]]

    def _share(self) -> list[int]:
        """Return the indices of this device in their order for the epoch."""
        if not self.shuffle:
            share = list(range(self.rank, self.size, self.replicas))
            # batches of one example cannot be split
            return share + [self.rank % self.size] * (len(self) - len(share))
        # the factor keeps (seed 0, epoch 1) and (seed 1, epoch 0) apart
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.size, generator=generator).tolist()
        places = range(
            self.rank, math.ceil(self.size / self.replicas) * self.replicas, self.replicas
        )
        return [order[place % self.size] for place in places]
