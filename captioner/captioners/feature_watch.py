"""Deferred NaN check of image features: batches are checked together, so no step waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import torch
from torch import Tensor

from captioner.devices import CHECK_EVERY, is_ready
from captioner.finite_features import finite_rows, refuse_not_finite


class FeatureWatch:
    """Deferred check that image features are finite, several batches at a time.

    What a CPU has computed is looked at when it is added. A GPU would be waited for, so that of its
    batches only a truth value of each picture is kept, on the GPU, until ``check`` is called or 100
    batches have come together.

    Example:
        >>> watch = FeatureWatch()
        >>> watch.add(torch.zeros(2, 1, 3), [7, 9])
        >>> watch.check()
    """

    def __init__(self) -> None:
        self._seen: list[tuple[Tensor, Sequence[int]]] = []

    def add(self, features: Tensor, image_ids: Sequence[int]) -> None:
        """Add a batch, and check all if it is time.

        Args:
            features: Image tokens (B, N, F) or image memory (B, N, D).
            image_ids: For each picture its id.

        Raises:
            CaptionerError: As ``check`` does.
        """
        finite = finite_rows(features)
        self._seen.append((finite, image_ids))
        if is_ready(finite) or len(self._seen) >= CHECK_EVERY:
            self.check()

    def check(self) -> None:
        """Check all batches since the last check, waiting for their device.

        Raises:
            CaptionerError: If the features of a picture are not finite, naming the first one.
        """
        seen, self._seen = self._seen, []
        if seen:
            image_ids: Iterable[int] = chain.from_iterable(ids for _, ids in seen)
            refuse_not_finite(torch.cat([finite for finite, _ in seen]).tolist(), image_ids)
