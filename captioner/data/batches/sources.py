"""Image sources: the picture file of an example, or the token cache."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from captioner.data.pictures.augmentation import Augmentation, TrainTransform
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform
from captioner.data.token_cache.cache import TokenCache
from captioner.data.token_cache.encoder_protocol import ImageEncoder
from captioner.data.token_cache.filling import fill_cache
from captioner.errors import CaptionerError

log = logging.getLogger(__name__)

ImageSource = Callable[[int, int], Tensor]
"""Maps the index of an example and the epoch to its pixels or image tokens."""


class Transform(Protocol):
    """Make pixels of decoded pictures."""

    @property
    def least(self) -> int:
        """How many pixels the shorter side of a picture needs."""

    def pixels(self, picture: Tensor, key: str) -> Tensor:
        """Return pixels (3, H, W) uint8 of a picture (3, any, any) uint8."""


class PixelSource:
    """Read, decode and transform the picture of an example: (index, epoch) -> (3, H, W) uint8.

    Args:
        paths: The picture file of every example.
        transform: Makes pixels of the decoded picture; the key it gets names epoch and example, for
            transforms that draw at random.
    """

    def __init__(self, paths: Sequence[str], transform: Transform) -> None:
        self.paths = paths
        self.transform = transform

    def __call__(self, index: int, epoch: int) -> Tensor:
        """Return the pixels of an example.

        Raises:
            CaptionerError: If the picture cannot be read.
        """
        picture = read_image(self.paths[index], least=self.transform.least)
        return self.transform.pixels(picture, f"{epoch} {index}")


class TokenSource:
    """Read the image tokens of an example: (index, epoch) -> (N, F) float16.

    Args:
        cache: A filled cache.
        paths: The picture file of every example.
        broken: For the index of each picture that could not be read, one sentence saying why.

    Attributes:
        broken: The same, with the pictures that have changed since the cache was filled.
    """

    def __init__(self, cache: TokenCache, paths: Sequence[str], broken: dict[int, str]) -> None:
        self.cache = cache
        self.rows = cache.rows(paths)
        changed = "expected the picture that was encoded, found a file that has changed since then"
        self.broken = {
            index: broken.get(index, f"{paths[index]}: {changed}")
            for index, row in enumerate(self.rows)
            if row < 0
        }

    def __call__(self, index: int, epoch: int) -> Tensor:
        """Return the image tokens of an example, which are the same in every epoch.

        Raises:
            CaptionerError: If the cache has none, because the picture is broken or has changed.
        """
        if self.rows[index] < 0:
            raise CaptionerError(self.broken[index])
        return self.cache[self.rows[index]]


def image_source(
    paths: Sequence[str],
    encoder: ImageEncoder,
    *,
    cache_dir: str | None,
    augmentation: Augmentation | None,
    seed: int,
    batch_size: int,
    num_workers: int,
) -> PixelSource | TokenSource:
    """Choose where images come from, and compute missing image tokens.

    Args:
        paths: The picture file of every example.
        encoder: Frozen, it sees every picture once, unless pictures change from epoch to epoch;
            otherwise it needs pixels in every step.
        cache_dir: Folder of the token caches, or None for pixels in any case.
        augmentation: How pictures change from epoch to epoch, if they do.
        seed: Decides how they change.
        batch_size: Pictures that go through the encoder at a time.
        num_workers: Processes that decode pictures for the cache.
    """
    if cache_dir is not None and encoder.frozen and augmentation is None:
        cache = TokenCache(cache_dir, encoder.fingerprint())
        broken = fill_cache(cache, paths, encoder, batch_size=batch_size, num_workers=num_workers)
        return TokenSource(cache, paths, broken)
    if cache_dir is not None:
        reason = "the pictures are augmented" if encoder.frozen else "the encoder is fine-tuned"
        log.info("Batches hold pixels, not cached tokens: %s", reason)
    if augmentation is None:
        return PixelSource(paths, EvalTransform(encoder.preprocessing))
    return PixelSource(paths, TrainTransform(encoder.preprocessing, augmentation, seed))
