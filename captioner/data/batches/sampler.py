"""Batch sampler: which examples make up which batch, by epoch, device and caption length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.utils.data import Sampler


class EpochBatches(Sampler[list[tuple[int, int]]]):
    """Deal the examples of a data set out into batches of (epoch, index).

    The order is a function of (seed, epoch) alone: it does not depend on how often or how far the
    sampler has been iterated before, and it draws nothing from the global random state. So
    training that goes on from a checkpoint finds the batches it would have seen.

    With several devices each one gets every ``replicas``-th example and all get the same number
    of batches, without which collective operations would wait for ever. In training the examples
    are filled up from the beginning to make the shares equal. Otherwise no example is given
    twice, since scores would count it twice: a share that is one batch short has its last batch
    split in two, and batches of one example, which cannot be split, end with one of two. Only with
    fewer examples than devices are some given again.

    Args:
        size: Number of examples, at least 1.
        batch_size: Examples of a batch on one device.
        shuffle: Draw a new order for every epoch, and fill shares up.
        seed: Other seeds give other orders.
        rank: This device, 0 <= rank < replicas.
        replicas: Number of devices over all machines.
        lengths: Words of each example's longest caption; used in shuffled order only.
        bucket_batches: Batches of one device that are sorted by length together; 1 sorts nothing.

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
        >>> lengths = [9, 5, 9, 5, 5, 9]
        >>> sort = EpochBatches(6, 3, shuffle=True, lengths=lengths, bucket_batches=2)
        >>> sorted([lengths[index] for _, index in batch] for batch in sort)
        [[5, 5, 5], [9, 9, 9]]
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
        lengths: Sequence[int] | None = None,
        bucket_batches: int = 1,
    ) -> None:
        self.size = size
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.rank = rank
        self.replicas = replicas
        self.lengths = lengths
        self.bucket_batches = bucket_batches
        self.epoch = 0
        self.skip = 0

    @property
    def settings(self) -> dict[str, int]:
        """What the order depends on besides the epoch, as a checkpoint notes it."""
        return {
            "size": self.size,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "replicas": self.replicas,
            "bucket_batches": self.bucket_batches,
        }

    def __len__(self) -> int:
        count = math.ceil(math.ceil(self.size / self.replicas) / self.batch_size)
        if self.shuffle:
            return count
        return min(count, max(1, self.size // self.replicas))  # no more than the smallest share

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration deals out; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        share, spans = self._shuffled() if self.shuffle else self._in_order()
        for start, end in spans[self.skip :]:
            yield [(self.epoch, index) for index in share[start:end].tolist()]

    def _in_order(self) -> tuple[Tensor, list[tuple[int, int]]]:
        """Return this device's examples in the order of the data set, and where batches begin."""
        share = torch.arange(min(self.rank, self.size), self.size, self.replicas)
        if not len(share):  # fewer examples than devices
            share = torch.tensor([self.rank % self.size])
        cuts = [min(batch * self.batch_size, len(share)) for batch in range(len(self))]
        cuts.append(len(share))
        if len(cuts) > 2 and cuts[-2] == cuts[-1]:  # one batch short: split the last one
            cuts[-2] -= (cuts[-1] - cuts[-3]) // 2
        return share, list(pairwise(cuts))

    def _shuffled(self) -> tuple[Tensor, list[tuple[int, int]]]:
        """Return this device's examples of the epoch, filled up to as many as the others have."""
        # the factor keeps (seed 0, epoch 1) and (seed 1, epoch 0) apart
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        share = self._share(generator)
        spans = _spans(len(share), self.batch_size)
        if self.lengths is None or self.bucket_batches == 1:
            return share, spans
        lengths = torch.as_tensor(self.lengths)
        buckets = share.split(self.batch_size * self.bucket_batches)
        share = torch.cat([bucket[lengths[bucket].argsort(stable=True)] for bucket in buckets])
        # drawn alike on all devices, so that none waits for one that has longer captions
        order = torch.randperm(len(spans), generator=generator).tolist()
        return share, [spans[batch] for batch in order]

    def _share(self, generator: torch.Generator) -> Tensor:
        """Return the examples of this device in a random order, as many as the others have."""
        order = torch.randperm(self.size, generator=generator)
        end = math.ceil(self.size / self.replicas) * self.replicas
        return order[torch.arange(self.rank, end, self.replicas) % self.size]


def _spans(size: int, length: int) -> list[tuple[int, int]]:
    return [(start, min(start + length, size)) for start in range(0, size, length)]
