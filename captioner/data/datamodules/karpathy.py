"""COCO, Flickr8k and Flickr30k as Karpathy divided them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.data.formats.karpathy import read_karpathy
from captioner.data.splits.caption_splits import Split


class KarpathyDataModule(CaptionDataModule):
    """Read pictures and captions from Karpathy's ``dataset_*.json``.

    Its ``val`` split is validated on (``fit`` chooses by it unless ``holdout`` is above 0), its
    ``test`` split is only reported by ``test``.

    Args:
        annotations: ``dataset_coco.json``, ``dataset_flickr8k.json`` or ``dataset_flickr30k.json``.
        images: Folder of the pictures, or several; of COCO that with ``train2014`` and ``val2014``.
        restval: Also train on the split ``restval`` of COCO, as is usual: 113,287 training images
            in place of 82,783.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self,
        annotations: str = "data/coco/karpathy/dataset_coco.json",
        images: str | list[str] = "data/coco",
        restval: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.annotations = annotations
        self.images = images
        self.restval = restval

    @cached_property
    def source(self) -> KarpathySource:
        """The split file."""
        return KarpathySource(self.annotations, self.images, self.restval, self.max_annotation_gb)


class KarpathySource:
    """Read the splits of a data set from one split file.

    Args:
        file: The split file.
        images: Folders of the pictures, as in ``read_karpathy``.
        restval: Count ``restval`` as training.
        max_gb: As in ``read_karpathy``.
    """

    def __init__(
        self, file: str, images: str | list[str], restval: bool = True, max_gb: float = 1.0
    ) -> None:
        self._file = file
        self._images = images
        self._restval = restval
        self._max_gb = max_gb

    @cached_property
    def _splits(self) -> dict[str, list[Example]]:
        return read_karpathy(self._file, self._images, max_gb=self._max_gb)

    def read(self, split: Split) -> list[Example]:
        """Return the examples of a split."""
        rest = self._splits["restval"] if split == "train" and self._restval else []
        return self._splits[split] + rest

    def location(self, split: Split) -> str:
        """Return the file, which holds all splits."""
        return self._file
