"""The splits of a data set: what is trained on, chosen by, and reported."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, Protocol, TypeVar

from captioner.data.formats.example import Example
from captioner.errors import CaptionerError

T = TypeVar("T")
Split = Literal["train", "val", "test"]


class CaptionSource(Protocol):
    """Read the splits that a format divides a data set into."""

    def read(self, split: Split) -> Sequence[Example]:
        """Return the examples of a split, none if the source has no such split."""

    def location(self, split: Split) -> str:
        """Return the file that a split is in, or the setting that should name one."""


class Splits:
    """Read the splits of a data set, each when it is first asked for.

    So scoring a checkpoint on test images needs no training annotations.

    Args:
        source: Where the splits are.
        holdout: Number of training images moved to the ``dev`` split. They are a function of the
            training images and the number alone, so that runs with other seeds and limits stay
            comparable.
        limit: Keep only the first so many images of each split.
    """

    def __init__(
        self, source: CaptionSource, *, holdout: int = 0, limit: int | None = None
    ) -> None:
        self._source = source
        self._holdout = holdout
        self._limit = limit

    @cached_property
    def train(self) -> Sequence[Example]:
        """What weights and vocabulary are learnt from.

        Raises:
            CaptionerError: If there is nothing, or the source cannot be read, or nothing is left.
        """
        return self._divided[0]

    @cached_property
    def dev(self) -> Sequence[Example]:
        """Training images set aside, for choosing checkpoints and constants; may be empty.

        Raises:
            CaptionerError: As for ``train``, if images are to be set aside.
        """
        return self._divided[1] if self._holdout else []

    @cached_property
    def val(self) -> Sequence[Example]:
        """Validation images, which are only reported if there is a ``dev`` split; may be empty.

        Raises:
            CaptionerError: If the source cannot be read.
        """
        return self._source.read("val")[: self._limit]

    @cached_property
    def test(self) -> Sequence[Example]:
        """Test images; may be empty.

        Raises:
            CaptionerError: If the source cannot be read.
        """
        return self._source.read("test")[: self._limit]

    @cached_property
    def _divided(self) -> tuple[list[Example], list[Example]]:
        location = self._source.location("train")
        examples = self._source.read("train")
        if not examples:
            raise CaptionerError(f"{location}: expected training images, found none")
        kept, aside = set_aside(examples, self._holdout, location)
        return kept[: self._limit], aside[: self._limit]


def set_aside(examples: Sequence[T], holdout: int, file: str) -> tuple[list[T], list[T]]:
    """Return the examples that are trained on, and the ``holdout`` ones that are not.

    Which ones depends on their number and ``holdout`` alone: whatever is trained on the same file
    with the same ``holdout``, a captioner or a language model, sets the same images aside.

    Args:
        examples: What a file holds, in its order.
        holdout: How many are set aside.
        file: Its name, for the error message.

    Raises:
        CaptionerError: If nothing is left to train on.

    Example:
        >>> set_aside(["a", "b", "c", "d"], 1, "captions.json")
        (['a', 'b', 'c'], ['d'])
    """
    if holdout >= len(examples):
        raise CaptionerError(
            f"data.holdout: expected fewer than the {len(examples)} images of {file}, "
            f"found {holdout}"
        )
    held = set(random.Random(0).sample(range(len(examples)), holdout))
    kept = [example for i, example in enumerate(examples) if i not in held]
    aside = [example for i, example in enumerate(examples) if i in held]
    return kept, aside
