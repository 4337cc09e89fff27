"""Batches of pictures and captions, and patience with broken pictures."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection

from captioner.data.batches.collate import LoadedBatch, collate
from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.resumable_loader import ResumableLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.errors import CaptionerError
from captioner.types import CaptionBatch

log = logging.getLogger(__name__)


class CaptionLoader(ResumableLoader[CaptionBatch]):
    """Iterate over the batches of a data set, report broken pictures, remember how far it got.

    Args:
        dataset: The examples.
        batches: Deals the examples out.
        num_workers: Processes that read ahead; 0 reads in this process.
        pin_memory: Put batches into page-locked memory, for copies to a GPU.
        max_broken: How many broken pictures are replaced, each with one warning, before the data
            set counts as damaged. 0 refuses the first one.

    Attributes:
        examples: The examples of the data set.
    """

    def __init__(
        self,
        dataset: CaptionDataset,
        batches: EpochBatches,
        *,
        num_workers: int = 0,
        pin_memory: bool = False,
        max_broken: int = 0,
    ) -> None:
        super().__init__(dataset, batches, collate, num_workers=num_workers, pin_memory=pin_memory)
        self.examples = dataset.examples
        self.max_broken = max_broken
        self.broken: list[str] = []

    def _unwrap(self, loaded: LoadedBatch) -> CaptionBatch:
        self._report(loaded.broken)
        if loaded.batch is None:
            raise CaptionerError(
                f"expected readable pictures, found none among {self.sampler.size}, "
                f"the last one: {loaded.broken[-1]}"
            )
        return loaded.batch

    def _report(self, sentences: list[str]) -> None:
        for sentence in sentences:
            if sentence not in self.broken:
                self.broken.append(sentence)
                check_broken(self.broken, self.max_broken)
                log.warning("Broken picture %d, replaced: %s", len(self.broken), sentence)


def check_broken(sentences: Collection[str], max_broken: int) -> None:
    """Refuse a set with more than ``max_broken`` broken pictures.

    Args:
        sentences: For each broken picture what is wrong with it.
        max_broken: How many are tolerated.

    Raises:
        CaptionerError: If there are more, naming one of them.

    Example:
        >>> check_broken(["a.jpg: expected a picture, found an empty file"], max_broken=1)
    """
    if len(sentences) <= max_broken:
        return
    last = list(sentences)[-1]
    if max_broken == 0:
        raise CaptionerError(last)
    raise CaptionerError(
        f"data.max_broken: expected at most {max_broken} broken pictures in the training set, "
        f"found {len(sentences)}, among them {last}"
    )


def default_workers(devices: int, *, cached: bool, on_gpu: bool) -> int:
    """Return a sane number of worker processes for one device.

    Decoding pictures deserves every core but one, up to 16 per device. Cached image tokens are
    only copied: on a CPU that is not worth a process, beside a GPU two hide it.

    Args:
        devices: Devices that share this machine's cores.
        cached: Batches come from the token cache.
        on_gpu: The model runs on a GPU.
    """
    if cached:
        return 2 if on_gpu else 0
    # as far as the operating system tells, cores this process may use: containers get fewer
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(16, max(1, cores // devices - 1))
