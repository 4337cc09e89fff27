"""Image features that are NaN or infinite: which pictures of a batch have them."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from captioner.errors import CaptionerError

NOT_FINITE = (
    "expected image features that are finite numbers, found NaN or infinite ones; the weights are "
    "damaged, or the precision is too low for them"
)
"""What is wrong with a picture that has none, to be put after its name."""


def finite_rows(features: Tensor) -> Tensor:
    """Return for each picture whether all of its features are finite: (B,) bool.

    Args:
        features: Image tokens (B, N, F) or image memory (B, N, D).

    Example:
        >>> import torch
        >>> finite_rows(torch.tensor([[[1.0, 2.0]], [[1.0, float("nan")]]])).tolist()
        [True, False]
    """
    return features.isfinite().flatten(1).all(dim=1)


def check_finite(features: Tensor, image_ids: Iterable[int]) -> None:
    """Refuse a batch with features that are not finite: whatever is measured on it is no number.

    Args:
        features: As in ``finite_rows``.
        image_ids: For each picture its id.

    Raises:
        CaptionerError: If a picture has such features, naming the first one.

    Example:
        >>> import torch
        >>> check_finite(torch.zeros(2, 1, 3), [7, 9])
    """
    refuse_not_finite(finite_rows(features).tolist(), image_ids)


def refuse_not_finite(finite: Iterable[bool], image_ids: Iterable[int]) -> None:
    """Refuse pictures of which it is known whether their features are finite.

    Args:
        finite: For each picture whether they are.
        image_ids: For each picture its id.

    Raises:
        CaptionerError: If those of a picture are not, naming the first one.

    Example:
        >>> refuse_not_finite([True, False], [7, 9])
        Traceback (most recent call last):
        captioner.errors.CaptionerError: image 9: expected image features that are finite numbers,\
 found NaN or infinite ones; the weights are damaged, or the precision is too low for them
    """
    for image_id, good in zip(image_ids, finite, strict=True):
        if not good:
            raise CaptionerError(f"image {image_id}: {NOT_FINITE}")
