"""Collate function: from single items to one padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from captioner.data.batches.dataset import Item
from captioner.text import Vocabulary
from captioner.types import CaptionBatch


@dataclass
class LoadedBatch:
    """Batch with one sentence for every picture that could not be read for it."""

    batch: CaptionBatch | None
    broken: list[str]

    def pin_memory(self) -> LoadedBatch:
        """Return the same in page-locked memory."""
        return LoadedBatch(self.batch and self.batch.pin_memory(), self.broken)


def collate(items: Sequence[Item]) -> LoadedBatch:
    """Stack items into one batch; items without an image are left out.

    The longest captions come first, among the images and among the captions of an image, so that
    a recurrent decoder can stop carrying on those that have ended.

    Args:
        items: What ``CaptionDataset`` returned, at least one.

    Returns:
        A batch of B rows, captions (B, R, T) for the largest R and T among the items, and all
        reports of broken pictures. The batch is None if no item has an image.

    Example:
        >>> from captioner.data.formats.example import Example
        >>> dog = Item(Example(9, "dog.jpg", ("Dog.",)), torch.zeros(4, 8), torch.ones(1, 3), [])
        >>> cat = Item(Example(7, "cat.jpg", ("Cat.",)), torch.ones(4, 8), torch.ones(2, 1), [])
        >>> collate([dog, cat]).batch.captions.tolist()
        [[[1, 1, 1], [0, 0, 0]], [[1, 0, 0], [1, 0, 0]]]
    """
    kept = sorted((item for item in items if item.image is not None), key=_longest, reverse=True)
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


def _lengths(captions: Tensor) -> Tensor:
    return (captions != Vocabulary.pad).sum(dim=1)  # (R,)


def _longest(item: Item) -> int:
    return int(_lengths(item.captions).max())


def _pad(captions: list[Tensor]) -> Tensor:
    references, words = (max(rows.shape[side] for rows in captions) for side in (0, 1))  # R, T
    padded = torch.full((len(captions), references, words), Vocabulary.pad)  # B R T
    for image, rows in enumerate(captions):
        rows = rows[_lengths(rows).argsort(descending=True, stable=True)]
        padded[image, : rows.shape[0], : rows.shape[1]] = rows
    return padded
