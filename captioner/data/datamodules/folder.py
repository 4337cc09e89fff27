"""A folder of photographs and a table of captions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.data.formats.folder_captions import SPLITS, FolderCaptions, find_captions
from captioner.data.splits.caption_splits import Split
from captioner.data.splits.random_split import random_split
from captioner.errors import CaptionerError


class FolderDataModule(CaptionDataModule):
    """Read your own photographs: a folder of pictures with captions.

    The captions are in a table, ``captions.csv`` for example, with a column ``file`` and a column
    ``caption``; a picture with several captions has several rows. Or they are laid out as Hugging
    Face's imagefolder is (``metadata.csv`` or ``metadata.jsonl`` with ``file_name`` and ``text``,
    in the folder or in its folders train, validation and test), or in a text file beside each
    picture (``dog.txt`` of ``dog.jpg``, a caption a line). A column ``split`` (train, val, test)
    divides the pictures, or the names of the folders they are in; otherwise they are divided at
    random, by image, always in the same way.

    Args:
        folder: The folder of the pictures, with the captions in it.
        captions: The table, if it is elsewhere, has another name, or is one of several; ``*.txt``
            or ``*.caption`` means the text files beside the pictures.
        val_share: Share of the pictures to choose the checkpoint by, if nothing divides them;
            ``holdout`` is not needed then.
        test_share: Share of the pictures that only ``test`` reports, likewise.
        split_seed: Other seeds divide the pictures otherwise.
        images: Folders in which pictures are looked for as well, and to which links may lead.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self,
        folder: str = "data/my_photos",
        captions: str | None = None,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        images: str | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # In YAML, and behind "=" on the command line, no shell does this.
        self.folder = os.path.expanduser(folder)  # noqa: PTH111 - a Path would lose "./"
        self.captions = captions and os.path.expanduser(captions)  # noqa: PTH111
        more = [images] if isinstance(images, str) else images or []
        self.images = [os.path.expanduser(each) for each in more]  # noqa: PTH111
        self.val_share = val_share
        self.test_share = test_share
        self.split_seed = split_seed
        if min(val_share, test_share) < 0 or val_share + test_share >= 1:
            raise CaptionerError(
                "data.val_share and data.test_share: expected shares that add up to less than 1, "
                f"found {val_share} and {test_share}"
            )

    @cached_property
    def source(self) -> FolderSource:
        """The captions, looked for on first access."""
        found = find_captions(
            self.folder, self.captions, self.images, max_gb=self.max_annotation_gb
        )
        shares = (self.val_share, self.test_share)
        return FolderSource(found, [self.folder, *self.images], shares, self.split_seed)


class FolderSource:
    """Read the splits of a data set from the captions of a folder.

    Args:
        captions: Where they are.
        folders: The folders of the pictures.
        shares: Of the validation and of the test pictures, if nothing divides them.
        seed: Decides that division.
    """

    def __init__(
        self,
        captions: FolderCaptions,
        folders: Sequence[str],
        shares: tuple[float, float] = (0.1, 0.1),
        seed: int = 0,
    ) -> None:
        self._captions = captions
        self._folders = folders
        self._shares = shares
        self._seed = seed

    @cached_property
    def _splits(self) -> dict[str, list[Example]]:
        rows = self._captions.read()
        if not any(stated for _, stated in rows):
            above = [self._folder_of(example) for example, _ in rows]
            if not all(name.casefold() in SPLITS for name in above):
                return self._divide([example for example, _ in rows])
            rows = [(example, name) for (example, _), name in zip(rows, above, strict=True)]
        splits: dict[str, list[Example]] = {"train": [], "val": [], "test": []}
        for example, stated in rows:
            split = SPLITS.get(stated.strip().casefold())
            if split is None:
                raise CaptionerError(
                    f"{self.location('train')}: expected train, val or test as split of "
                    f"{example.path}, found {stated!r} (a picture for no part is left out)"
                )
            splits[split].append(example)
        return splits

    def _divide(self, examples: list[Example]) -> dict[str, list[Example]]:
        """Return the splits of a random division."""
        val_share, test_share = self._shares
        divided = random_split(
            examples, self._name, val_share=val_share, test_share=test_share, seed=self._seed
        )
        if not divided["train"]:
            raise CaptionerError(
                f"{self.location('train')}: expected enough pictures for all parts, found "
                f"{len(examples)}, with none left to train on (a column 'split', or data.val_share"
                " and data.test_share, divide them otherwise)"
            )
        return divided

    def _name(self, example: Example) -> str:
        path = Path(example.path)
        folder = next(each for each in self._folders if path.is_relative_to(each))
        return path.relative_to(folder).as_posix()

    def _folder_of(self, example: Example) -> str:
        """Return the uppermost folder that a picture is in, below that of all pictures."""
        return self._name(example).rpartition("/")[0].partition("/")[0]

    def read(self, split: Split) -> list[Example]:
        """Return the examples of a split."""
        return self._splits[split]

    def location(self, split: Split) -> str:
        """Return the table, or the folder if there are several files; it holds all splits."""
        return self._captions.location
