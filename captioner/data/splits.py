"""The parts of a data set: what is trained on, chosen by, and reported."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

from captioner.data.coco import Example, read_coco
from captioner.errors import CaptionerError

T = TypeVar("T")


class Splits:
    """Read annotation files into the parts of a data set, each when it is first asked for.

    So scoring a checkpoint on test images needs no training annotations.

    Args:
        train: COCO caption file of the training images, if there are any.
        val: The same of the validation images, if there are any.
        test: The same of the test images, if there are any.
        images: Folders of the pictures, as in ``read_coco``.
        holdout: Number of training images moved to the ``dev`` part. They are a function of the
            annotation file and the number alone, so that runs with other seeds and limits stay
            comparable.
        limit: Keep only the first so many images of each part.
    """

    def __init__(
        self,
        train: str | None,
        val: str | None,
        test: str | None,
        images: str | Sequence[str],
        *,
        holdout: int = 0,
        limit: int | None = None,
    ) -> None:
        self._files = {"train": train, "val": val, "test": test}
        self._images = images
        self._holdout = holdout
        self._limit = limit

    @cached_property
    def train(self) -> list[Example]:
        """What weights and vocabulary are learnt from.

        Raises:
            CaptionerError: If there is no file, or ``read_coco`` refuses it, or nothing is left.
        """
        return self._divided[0]

    @cached_property
    def dev(self) -> list[Example]:
        """Training images set aside, for choosing checkpoints and constants; may be empty.

        Raises:
            CaptionerError: As for ``train``, if images are to be set aside.
        """
        return self._divided[1] if self._holdout else []

    @cached_property
    def val(self) -> list[Example]:
        """Validation images, which are only reported if there is a ``dev`` part; may be empty.

        Raises:
            CaptionerError: If ``read_coco`` refuses the file.
        """
        return self._read("val")

    @cached_property
    def test(self) -> list[Example]:
        """Test images; may be empty.

        Raises:
            CaptionerError: If ``read_coco`` refuses the file.
        """
        return self._read("test")

    @cached_property
    def _divided(self) -> tuple[list[Example], list[Example]]:
        file = self._files["train"]
        if not file:
            raise CaptionerError("data.train_annotations: expected a COCO caption file, found none")
        examples = read_coco(file, self._images)
        kept, aside = set_aside(examples, self._holdout, file)
        return kept[: self._limit], aside[: self._limit]

    def _read(self, part: str) -> list[Example]:
        file = self._files[part]
        return read_coco(file, self._images)[: self._limit] if file else []


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
