"""From single items to one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from captioner.data.dataset import Item
from captioner.text import Vocabulary
from captioner.types import CaptionBatch


@dataclass
class LoadedBatch:
    """Hold a batch and one sentence for every picture that could not be read for it."""

    batch: CaptionBatch | None
    broken: list[str]

    def pin_memory(self) -> LoadedBatch:
        """Return the same in page-locked memory."""
        return LoadedBatch(self.batch and self.batch.pin_memory(), self.broken)


def collate(items: Sequence[Item]) -> LoadedBatch:
    """Stack items into one batch; items without an image are left out.

    Args:
        items: What ``CaptionDataset`` returned, at least one.

    Returns:
        A batch of B rows, captions (B, R, T) for the largest R and T among the items, and all
        reports of broken pictures. The batch is None if no item has an image.

    Example:
        >>> from captioner.data.coco import Example
        >>> ids = [torch.tensor([1, 5, 2]), torch.tensor([1, 2])]
        >>> item = Item(Example(9, "dog.jpg", ("Dog.", "")), torch.zeros(3, 8, 8), ids, [])
        >>> collate([item]).batch.captions.tolist()
        [[[1, 5, 2], [1, 2, 0]]]
    """
    kept = [item for item in items if item.image is not None]
    broken = [sentence for item in items for sentence in item.broken]
    if not kept:
        return LoadedBatch(None, broken)
    batch = CaptionBatch(
        images=torch.stack([item.image for item in kept if item.image is not None]),
        captions=_pad([item.captions for item in kept]),
        references=[list(item.example.captions) for item in kept],
        image_ids=[item.example.image_id for item in kept],
        groups=[item.example.group for item in kept],
    )
    return LoadedBatch(batch, broken)


def _pad(captions: list[list[Tensor]]) -> Tensor:
    references = max(len(rows) for rows in captions)  # R
    words = max(len(row) for rows in captions for row in rows)  # T
    padded = torch.full((len(captions), references, words), Vocabulary.pad)  # B R T
    for image, rows in enumerate(captions):
        for reference, row in enumerate(rows):
            padded[image, reference, : len(row)] = row
    return padded
