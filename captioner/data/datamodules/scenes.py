"""The embedded data set, drawn on first use."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from captioner.data.datamodules.coco import CocoDataModule
from captioner.data.scenes import write_scenes
from captioner.data.splits.caption_splits import Splits


class ScenesDataModule(CocoDataModule):
    """Draw pictures of scenes with true captions, and read them in COCO format.

    Args:
        folder: Where the data set is, or will be drawn. One of other sizes or another seed is
            replaced.
        train_size: Number of training images.
        val_size: Number of validation images.
        test_size: Number of test images; a quarter and more of them combine attribute, object and
            relation as no training image does.
        drawing_seed: Other seeds give other pictures.
        kwargs: Settings of ``CocoDataModule``; files and pictures are those in ``folder``.
    """

    def __init__(
        self,
        folder: str = "data/scenes",
        train_size: int = 3000,
        val_size: int = 300,
        test_size: int = 300,
        drawing_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            train_annotations=f"{folder}/annotations/captions_train.json",
            val_annotations=f"{folder}/annotations/captions_val.json",
            test_annotations=f"{folder}/annotations/captions_test.json",
            images=f"{folder}/images",
            **kwargs,
        )
        self.folder = folder
        self.sizes = {"train": train_size, "val": val_size, "test": test_size}
        self.drawing_seed = drawing_seed

    @cached_property
    def splits(self) -> Splits:
        """The examples of each split, all of them drawn on first access."""
        write_scenes(Path(self.folder), sizes=self.sizes, seed=self.drawing_seed)
        return super().splits
