"""Flickr8k and Flickr30k as their makers hand them out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.data.formats.flickr import pick_listed, read_flickr_tokens
from captioner.data.splits.caption_splits import Split


class FlickrDataModule(CaptionDataModule):
    """Read pictures and captions of Flickr8k or Flickr30k: a token file and split lists.

    Args:
        captions: The token file: ``Flickr8k.token.txt``, ``results_20130124.token``, or the
            ``results.csv`` with bars.
        train_images: List of the training images, one name a line, such as
            ``Flickr_8k.trainImages.txt``. Only ``fit`` needs it.
        val_images: The same of the validation images. ``fit`` chooses by them unless ``holdout`` is
            above 0.
        test_images: The same of the test images, which are only reported.
        images: Folder of the pictures, or several; a picture is looked for in each.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self,
        captions: str = "data/flickr8k/text/Flickr8k.token.txt",
        train_images: str | None = None,
        val_images: str | None = None,
        test_images: str | None = None,
        images: str | list[str] = "data/flickr8k/images",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.captions = captions
        self.train_images = train_images
        self.val_images = val_images
        self.test_images = test_images
        self.images = images

    @cached_property
    def source(self) -> FlickrSource:
        """The token file and the lists."""
        lists = {"train": self.train_images, "val": self.val_images, "test": self.test_images}
        return FlickrSource(self.captions, lists, self.images, self.max_annotation_gb)

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        return super().describe() if self.train_images else {}


class FlickrSource:
    """Read the splits of a data set from a token file, divided by lists.

    Args:
        file: The token file.
        lists: For each split the list of its pictures, or None.
        images: Folders of the pictures.
        max_gb: As in ``read_flickr_tokens``.
    """

    def __init__(
        self,
        file: str,
        lists: dict[str, str | None],
        images: str | list[str],
        max_gb: float = 1.0,
    ) -> None:
        self._file = file
        self._lists = lists
        self._images = images
        self._max_gb = max_gb

    @cached_property
    def _splits(self) -> dict[str, list[Example]]:
        examples = read_flickr_tokens(self._file, self._images, max_gb=self._max_gb)
        return pick_listed(examples, self._lists, self._file)

    def read(self, split: Split) -> list[Example]:
        """Return the examples of a split, none if it has no list."""
        return self._splits[split] if self._lists[split] else []

    def location(self, split: Split) -> str:
        """Return the list of a split, or the setting that should name one."""
        return self._lists[split] or f"data.{split}_images"
