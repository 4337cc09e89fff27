"""Protocol of an encoder, as the data part sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from torch import Tensor

from captioner.preprocessing import Preprocessing


class ImageEncoder(Protocol):
    """Map pixels (B, 3, H, W) uint8, which it normalizes, to image tokens (B, N, F).

    Attributes:
        frozen: No weight changes in training, so a picture's tokens never change.
        cacheable: The result of ``frozen_part`` never changes.
        training: As every ``torch.nn.Module`` has it.
    """

    frozen: bool
    cacheable: bool
    training: bool

    @property
    def preprocessing(self) -> Preprocessing:
        """Return how pictures become pixels."""

    def fingerprint(self) -> str:
        """Return a digest of everything that the result of ``frozen_part`` depends on."""

    def parameters(self) -> Iterator[Tensor]:
        """Return the weights, on whose device pixels are expected."""

    def train(self, mode: bool = True) -> Any:
        """Switch between training and evaluation behaviour."""

    def frozen_part(self, pixels: Tensor) -> Tensor:
        """Return what is stored of pictures (B, N, F): image tokens if all of it is frozen."""

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return the image tokens."""
