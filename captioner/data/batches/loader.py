"""Batches of pictures and captions, and patience with broken pictures."""

from __future__ import annotations

import logging

from captioner.data.batches.broken import check_broken
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
