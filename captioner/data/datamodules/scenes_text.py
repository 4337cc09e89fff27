"""The captions of the embedded data set as text."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from captioner.data.datamodules.text import TextDataModule
from captioner.data.scenes import write_scenes
from captioner.data.sentences.splits import TextSplits


class ScenesTextDataModule(TextDataModule):
    """Read the captions of drawn scenes, which are drawn if they are not there.

    The data set is the one that ``ScenesDataModule`` draws with the same arguments.

    Args:
        folder: Where the data set is, or will be drawn. One of other sizes or another seed is
            replaced.
        train_size: Number of training images.
        val_size: Number of validation images.
        test_size: Number of test images.
        drawing_seed: Other seeds give other pictures.
        kwargs: Settings of ``TextDataModule``; files are those in ``folder``.
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
            train_text=f"{folder}/annotations/captions_train.json",
            val_text=f"{folder}/annotations/captions_val.json",
            exclude=f"{folder}/annotations/captions_test.json",
            **kwargs,
        )
        self.folder = folder
        self.sizes = {"train": train_size, "val": val_size, "test": test_size}
        self.drawing_seed = drawing_seed

    @cached_property
    def splits(self) -> TextSplits:
        """The sentences of each split, all scenes drawn on first access."""
        write_scenes(Path(self.folder), sizes=self.sizes, seed=self.drawing_seed)
        return super().splits
