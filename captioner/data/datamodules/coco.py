"""COCO captions, and every set in their format."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import Any

from lightning.pytorch.trainer.states import TrainerFn

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.coco import read_coco
from captioner.data.formats.example import Example
from captioner.data.splits.caption_splits import Split
from captioner.data.splits.shared_pictures import refuse_shared

log = logging.getLogger(__name__)


class CocoDataModule(CaptionDataModule):
    """Read pictures and captions in COCO format: COCO 2014 and 2017, nocaps, your own.

    ``fit`` refuses a picture file that the training annotations share with the validation or test
    annotations, as far as those are there. The training file itself may be named again, for scores
    on what was learnt by heart; ``validate`` and ``test`` take any file.

    Args:
        train_annotations: COCO caption JSON of the training images. Only ``fit`` needs it.
        val_annotations: The same of the validation images. ``fit`` validates on them unless
            ``holdout`` is above 0.
        test_annotations: The same of the test images.
        images: Folder of the pictures, or several; a picture is looked for in each.
        group_by: Key of an image record that names the split of the set it is reported under
            separately, if it is there; nocaps has ``domain``.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self,
        train_annotations: str | None = None,
        val_annotations: str | None = None,
        test_annotations: str | None = None,
        images: str | list[str] = "data/images",
        group_by: str = "group",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.train_annotations = train_annotations
        self.val_annotations = val_annotations
        self.test_annotations = test_annotations
        self.images = images
        self.group_by = group_by

    @cached_property
    def source(self) -> CocoSource:
        """The annotation files."""
        files = {
            "train": self.train_annotations,
            "val": self.val_annotations,
            "test": self.test_annotations,
        }
        return CocoSource(files, self.images, self.group_by, self.max_annotation_gb)

    def setup(self, stage: str) -> None:
        """Refuse to train on pictures that are validated or tested on.

        Args:
            stage: What the ``Trainer`` is about to do; only ``fit`` trains.

        Raises:
            CaptionerError: If two annotation files share a picture, or one cannot be read.
        """
        if stage != TrainerFn.FITTING or not self.train_annotations:
            return
        train, splits = Path(self.train_annotations), self.splits
        trained = [example.path for each in (splits.train, splits.dev) for example in each]
        for split, file in (("val", self.val_annotations), ("test", self.test_annotations)):
            if file is None or not Path(file).exists():  # what needs it will say so
                continue
            if train.samefile(file):
                log.warning("data.%s_annotations: %s is trained on as well", split, file)
                continue
            reported = [example.path for example in getattr(splits, split)]
            files = self.train_annotations, file
            refuse_shared(trained, reported, files, f"data.{split}_annotations")

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        return super().describe() if self.train_annotations else {}


class CocoSource:
    """Read the splits of a data set from a COCO caption file each.

    Args:
        files: For each split its file, or None.
        images: Folders of the pictures, as in ``read_coco``.
        group_by: As in ``read_coco``.
        max_gb: As in ``read_coco``.
    """

    def __init__(
        self,
        files: dict[str, str | None],
        images: str | list[str],
        group_by: str = "group",
        max_gb: float = 1.0,
    ) -> None:
        self._files = files
        self._images = images
        self._group_by = group_by
        self._max_gb = max_gb

    def read(self, split: Split) -> list[Example]:
        """Return the examples of a split, none if it has no file."""
        file = self._files[split]
        if not file:
            return []
        return read_coco(file, self._images, group_by=self._group_by, max_gb=self._max_gb)

    def location(self, split: Split) -> str:
        """Return the file of a split, or the setting that should name one."""
        return self._files[split] or f"data.{split}_annotations"
