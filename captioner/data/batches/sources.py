"""Image sources: the picture file of an example, or the token cache."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Sequence

from torch import Tensor

from captioner.data.pictures.augmentation import Augmentation, TrainTransform
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform, Transform
from captioner.data.token_cache.cache import TokenCache
from captioner.data.token_cache.encoder_protocol import ImageEncoder
from captioner.data.token_cache.filling import fill_cache
from captioner.errors import CaptionerError

log = logging.getLogger(__name__)

ImageSource = Callable[[int, int], Tensor]
"""Maps the index of an example and the epoch to its pixels or image tokens."""


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


class ViewSource:
    """Read the image tokens of one of several views of a picture: (index, epoch) -> (N, F) float16.

    Args:
        views: The tokens of the same pictures, each time changed otherwise.
        seed: Decides which view an epoch shows of which picture.

    Attributes:
        broken: For the index of each picture that could not be read, one sentence saying why.
    """

    def __init__(self, views: Sequence[TokenSource], seed: int) -> None:
        self.views = views
        self.seed = seed
        self.broken = {index: why for view in views for index, why in view.broken.items()}

    def __call__(self, index: int, epoch: int) -> Tensor:
        """Return the image tokens of an example, of a view that is drawn anew in every epoch.

        Raises:
            CaptionerError: If one of the views has none.
        """
        if index in self.broken:
            raise CaptionerError(self.broken[index])
        view = random.Random(f"{self.seed} {epoch} {index}").choice(self.views)
        return view(index, epoch)


def image_source(
    paths: Sequence[str],
    encoder: ImageEncoder,
    *,
    cache_dir: str | None,
    augmentation: Augmentation | None,
    views: int = 1,
    stem: bool = False,
    seed: int,
    batch_size: int,
    num_workers: int,
) -> PixelSource | TokenSource | ViewSource:
    """Choose where images come from, and compute missing image tokens.

    Args:
        paths: The picture file of every example.
        encoder: Frozen, it sees every picture once, unless pictures change from epoch to epoch;
            otherwise it needs pixels in every step.
        cache_dir: Folder of the token caches, or None for pixels in any case.
        augmentation: How pictures change from epoch to epoch, if they do.
        views: Above 1, a frozen encoder sees every picture so often, as it is and changed, and
            each epoch shows one of these views.
        stem: Keep what the frozen part of an encoder gives that is fine-tuned.
        seed: Decides how they change.
        batch_size: Pictures that go through the encoder at a time.
        num_workers: Processes that decode pictures for the cache.
    """
    cacheable = encoder.frozen or (stem and encoder.cacheable)
    if cache_dir is not None and cacheable and (augmentation is None or views > 1):
        sources = []
        for view in range(views):
            fingerprint, transform = _view(encoder, augmentation, view)
            cache = TokenCache(cache_dir, fingerprint)
            broken = fill_cache(
                cache, paths, encoder, transform, batch_size=batch_size, num_workers=num_workers
            )
            sources.append(TokenSource(cache, paths, broken))
        return sources[0] if views == 1 else ViewSource(sources, seed)
    if cache_dir is not None:
        reason = "the pictures are augmented" if cacheable else "the encoder is fine-tuned"
        log.info("Batches hold pixels, not cached tokens: %s", reason)
    if augmentation is None:
        return PixelSource(paths, EvalTransform(encoder.preprocessing))
    return PixelSource(paths, TrainTransform(encoder.preprocessing, augmentation, seed))


def _view(
    encoder: ImageEncoder, augmentation: Augmentation | None, view: int
) -> tuple[str, Transform]:
    """Return what the tokens of a view depend on, and how its pixels are made.

    The first view is the picture as it is, whose tokens validation reads too. How the others are
    changed is drawn from their number and the name of the picture, whatever the seed of a run.
    """
    if view == 0 or augmentation is None:
        return encoder.fingerprint(), EvalTransform(encoder.preprocessing)
    about = f"{encoder.fingerprint()} {augmentation} view {view}"
    transform = TrainTransform(encoder.preprocessing, augmentation, seed=view)
    return hashlib.sha256(about.encode()).hexdigest(), transform
