"""The parts of a data set: what is trained on, chosen by, and reported."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from captioner.data.coco import Example, read_coco
from captioner.errors import CaptionerError


@dataclass(frozen=True)
class Splits:
    """Hold the examples of each part.

    Attributes:
        train: What weights and vocabulary are learnt from.
        dev: Training images set aside, for choosing checkpoints and constants.
        val: Validation images, which are only reported if there is a ``dev`` part.
        test: Test images.
    """

    train: list[Example]
    dev: list[Example]
    val: list[Example]
    test: list[Example]


def read_splits(
    train: str,
    val: str | None,
    test: str | None,
    images: str | Sequence[str],
    *,
    holdout: int = 0,
    limit: int | None = None,
) -> Splits:
    """Read annotation files into the parts of a data set.

    Args:
        train: COCO caption file of the training images.
        val: The same of the validation images, if there are any.
        test: The same of the test images, if there are any.
        images: Folders of the pictures, as in ``read_coco``.
        holdout: Number of training images moved to the ``dev`` part. They are a function of the
            annotation file and the number alone, so that runs with other seeds and limits stay
            comparable.
        limit: Keep only the first so many images of each part.

    Raises:
        CaptionerError: If a file is refused by ``read_coco``, or nothing is left to train on.
    """
    examples = read_coco(train, images)
    if holdout >= len(examples):
        raise CaptionerError(
            f"data.holdout: expected fewer than the {len(examples)} images of {train}, "
            f"found {holdout}"
        )
    held = set(random.Random(0).sample(range(len(examples)), holdout))
    return Splits(
        train=[example for i, example in enumerate(examples) if i not in held][:limit],
        dev=[example for i, example in enumerate(examples) if i in held][:limit],
        val=read_coco(val, images)[:limit] if val else [],
        test=read_coco(test, images)[:limit] if test else [],
    )
