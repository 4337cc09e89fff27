"""Captioning pipeline: trained captioners with their pre-processing, files in, sentences out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform
from captioner.devices import find_device
from captioner.errors import CaptionerError
from captioner.finite_features import NOT_FINITE
from captioner.models.caption_model import CaptionModel
from captioner.models.ensemble import Ensemble
from captioner.models.loading import load_model
from captioner.models.reranking import Reranker
from captioner.models.search_settings import SearchSettings
from captioner.types import Caption

Read = tuple[Path, list[Tensor] | CaptionerError]

_SEARCH = SearchSettings(beams=5)


class CaptioningPipeline:
    """Pipeline from picture files to captions, with one trained captioner or an ensemble.

    Args:
        captioner: A trained captioner; it is put into evaluation mode.
        others: More captioners with the same vocabulary, whose word probabilities are averaged with
            the first one's.

    Raises:
        CaptionerError: If the vocabularies differ.

    Attributes:
        reranker: Chooses among the captions that a search found; None by default.
    """

    def __init__(self, captioner: CaptionModel[Any], *others: CaptionModel[Any]) -> None:
        self.ensemble = Ensemble([captioner, *others])
        self.reranker: Reranker | None = None
        self.device = captioner.device
        self.transforms = [
            EvalTransform(member.encoder.preprocessing) for member in self.ensemble.captioners
        ]
        self._least = max(transform.least for transform in self.transforms)

    def caption(
        self, files: Iterable[str | Path], batch_size: int = 32, search: SearchSettings = _SEARCH
    ) -> list[Caption]:
        """Return the best caption of each file.

        Args:
            files: Picture files.
            batch_size: Pictures that go through the model together.
            search: How captions are found.

        Raises:
            CaptionerError: If a file cannot be read as a picture, or the captioner makes no finite
                numbers of it.
        """
        captions = []
        for _, result in self.iterate(files, batch_size, search):
            if isinstance(result, CaptionerError):
                raise result
            captions.append(result[0])
        return captions

    def iterate(
        self, files: Iterable[str | Path], batch_size: int = 32, search: SearchSettings = _SEARCH
    ) -> Iterator[tuple[Path, list[Caption] | CaptionerError]]:
        """Yield each file with its captions, or with what is wrong with it, in the given order.

        Args:
            files: Picture files; read as they are needed.
            batch_size: Pictures that go through the model together.
            search: How captions are found, and how many, best first.
        """
        with ThreadPoolExecutor() as pool:
            # Pictures of the next batch are decoded while this one goes through the model.
            for group in _ahead(pool, self._read, map(Path, files), batch_size):
                pixels = [found for _, found in group if not isinstance(found, CaptionerError)]
                captions = iter(self._caption(pixels, search))
                for path, found in group:
                    if isinstance(found, CaptionerError):
                        yield path, found
                    else:
                        yield path, next(captions) or CaptionerError(f"{path}: {NOT_FINITE}")

    def caption_pictures(
        self, pictures: Iterable[Tensor], search: SearchSettings = _SEARCH
    ) -> list[list[Caption]]:
        """Return for each picture its captions, best first.

        Args:
            pictures: RGB (3, H, W) uint8 of any size, as ``read_image`` returns them; all go
                through the model together.
            search: How captions are found, and how many.

        Raises:
            CaptionerError: If the captioner makes no finite numbers of a picture.
        """
        captions = self._caption([self._transform(picture) for picture in pictures], search)
        if not all(captions):
            raise CaptionerError(f"pictures[{captions.index([])}]: {NOT_FINITE}")
        return captions

    def _caption(self, pixels: list[list[Tensor]], search: SearchSettings) -> list[list[Caption]]:
        if not pixels:
            return []
        images = [torch.stack(own).to(self.device) for own in zip(*pixels, strict=True)]
        return self.ensemble(images, search, self.reranker)

    def _read(self, path: Path) -> Read:
        try:
            return path, self._transform(read_image(path, least=self._least))
        except CaptionerError as error:
            return path, error

    def _transform(self, picture: Tensor) -> list[Tensor]:
        return [transform.pixels(picture) for transform in self.transforms]


def load_captioner(
    path: str | Path, *others: str | Path, device: str = "cpu"
) -> CaptioningPipeline:
    """Load a checkpoint, ready to caption pictures.

    The file alone is enough: nothing is fetched, and nothing that it names is imported.

    Args:
        path: A ``.ckpt`` file that training wrote.
        others: More of them with the same vocabulary, for an ensemble.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the fastest there is.

    Raises:
        CaptionerError: If a file is not a captioner's checkpoint, the vocabularies differ, or the
            device is not there.
    """
    target = find_device(device)
    captioners = [load_model(read_checkpoint(file)).to(target) for file in (path, *others)]
    return CaptioningPipeline(*captioners)


def _ahead(
    pool: ThreadPoolExecutor, read: Callable[[Path], Read], paths: Iterator[Path], size: int
) -> Iterator[list[Read]]:
    """Yield what ``read`` returns, in groups, reading one group ahead of the one in use."""
    waiting: list[Future[Read]] = []
    while True:
        following = [pool.submit(read, path) for path in islice(paths, min(size, sys.maxsize))]
        if waiting:
            yield [future.result() for future in waiting]
        if not following:
            return
        waiting = following
