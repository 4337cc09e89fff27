"""The splits of a data set that are there."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError


def available_splits(data: CaptionDataModule) -> dict[str, Sequence[Example]]:
    """Return the splits that are not empty, of ``train``, ``dev``, ``val`` and ``test``.

    Args:
        data: The data module.

    Raises:
        CaptionerError: If there is none, or one cannot be read.
    """
    splits = data.splits
    found: dict[str, Sequence[Example]] = {}
    try:
        found = {"train": splits.train, "dev": splits.dev}
    except CaptionerError:
        if data.source.read("train"):  # a set for evaluation has nothing to train on: no mistake
            raise
    found |= {"val": splits.val, "test": splits.test}
    found = {name: examples for name, examples in found.items() if examples}
    if not found:
        raise CaptionerError("data: expected at least one image in a part, found none")
    return found
