"""A folder of photographs and a table of captions."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from captioner.data.caption_table import read_caption_table
from captioner.data.datamodule import CaptionDataModule
from captioner.data.example import Example
from captioner.data.random_split import divide
from captioner.data.splits import Part
from captioner.errors import CaptionerError

_TABLES = ("captions.csv", "captions.tsv", "captions.jsonl")
_PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
}


class FolderDataModule(CaptionDataModule):
    """Read your own photographs: a folder with a table of captions.

    The table is ``captions.csv``, ``captions.tsv`` or ``captions.jsonl``. It has a column ``file``
    with the name of a picture and a column ``caption``; a picture with several captions has several
    rows. A column ``split`` (train, val, test) divides the pictures; without one they are divided
    at random, by image, always in the same way.

    Args:
        folder: The folder of the pictures, with the table in it.
        captions: The table, if it is elsewhere or has another name.
        val_share: Share of the pictures to choose the checkpoint by, if there is no column
            ``split``; ``holdout`` is not needed then.
        test_share: Share of the pictures that only ``test`` reports, likewise.
        split_seed: Other seeds divide the pictures otherwise.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self,
        folder: str = "data/my_photos",
        captions: str | None = None,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # In YAML, and behind "=" on the command line, no shell does this.
        self.folder = os.path.expanduser(folder)  # noqa: PTH111 - a Path would lose "./"
        self.captions = captions and os.path.expanduser(captions)  # noqa: PTH111
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
        """The table, looked for on first access."""
        table = self.captions or _find_table(self.folder)
        shares = (self.val_share, self.test_share)
        return FolderSource(table, self.folder, shares, self.split_seed, self.max_annotation_gb)


class FolderSource:
    """Read the parts of a data set from a table of captions.

    Args:
        table: The table.
        folder: The folder of the pictures.
        shares: Of the validation and of the test pictures, if the table does not divide them.
        seed: Decides that division.
        max_gb: As in ``read_caption_table``.
    """

    def __init__(
        self,
        table: str,
        folder: str,
        shares: tuple[float, float] = (0.1, 0.1),
        seed: int = 0,
        max_gb: float = 1.0,
    ) -> None:
        self._table = table
        self._folder = folder
        self._shares = shares
        self._seed = seed
        self._max_gb = max_gb

    @cached_property
    def _parts(self) -> dict[str, list[Example]]:
        rows = read_caption_table(self._table, self._folder, max_gb=self._max_gb)
        if not any(split for _, split in rows):
            divided = divide(
                [example for example, _ in rows],
                self._name,
                val_share=self._shares[0],
                test_share=self._shares[1],
                seed=self._seed,
            )
            if not divided["train"]:
                raise CaptionerError(
                    f"{self._table}: expected enough pictures for all parts, found {len(rows)}, "
                    "with none left to train on (a column 'split', or data.val_share and "
                    "data.test_share, divide them otherwise)"
                )
            return divided
        parts: dict[str, list[Example]] = {"train": [], "val": [], "test": []}
        for example, split in rows:
            part = _PARTS.get(split.strip().lower())
            if part is None:
                raise CaptionerError(
                    f"{self._table}: expected train, val or test as split of {example.path}, "
                    f"found {split!r}"
                )
            parts[part].append(example)
        return parts

    def _name(self, example: Example) -> str:
        return Path(example.path).relative_to(self._folder).as_posix()

    def read(self, part: Part) -> list[Example]:
        """Return the examples of a part."""
        return self._parts[part]

    def place(self, part: Part) -> str:
        """Return the table, which holds all parts."""
        return self._table


def _find_table(folder: str) -> str:
    found = [str(Path(folder) / name) for name in _TABLES if (Path(folder) / name).is_file()]
    if len(found) == 1:
        return found[0]
    nothing = "no caption file" if Path(folder).is_dir() else "no such folder"
    raise CaptionerError(
        f"{folder}: expected one of {', '.join(_TABLES)} in this folder (or data.captions), found "
        f"{' and '.join(found) or nothing}"
    )
