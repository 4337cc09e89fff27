"""A trained captioner and its pre-processing as one call: files in, sentences out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from captioner.captioners import Captioner, build_captioner
from captioner.checkpoint import read_checkpoint
from captioner.data.images import read_image
from captioner.data.transforms import EvalTransform
from captioner.devices import find_device
from captioner.errors import CaptionerError
from captioner.types import Caption

Read = tuple[Path, Tensor | CaptionerError]


class CaptioningPipeline:
    """Caption picture files with a trained captioner.

    Args:
        captioner: A trained captioner; it is put into evaluation mode.
    """

    def __init__(self, captioner: Captioner) -> None:
        self.captioner = captioner.eval()
        self.transform = EvalTransform(captioner.encoder.preprocessing)

    def caption(self, files: Iterable[str | Path], batch_size: int = 32) -> list[Caption]:
        """Return one caption for each file.

        Args:
            files: Picture files.
            batch_size: Pictures that go through the model together.

        Raises:
            CaptionerError: If a file cannot be read as a picture.
        """
        captions = []
        for _, result in self.iterate(files, batch_size):
            if isinstance(result, CaptionerError):
                raise result
            captions.append(result)
        return captions

    def iterate(
        self, files: Iterable[str | Path], batch_size: int = 32
    ) -> Iterator[tuple[Path, Caption | CaptionerError]]:
        """Yield each file with its caption, or with what is wrong with it, in the given order.

        Args:
            files: Picture files; read as they are needed.
            batch_size: Pictures that go through the model together.
        """
        paths = [Path(file) for file in files]
        with ThreadPoolExecutor() as pool:
            # Pictures of the next batch are decoded while this one goes through the model.
            for group in _ahead(pool, self._read, paths, batch_size):
                pixels = [found for _, found in group if isinstance(found, Tensor)]
                captions = iter(self._caption(pixels))
                for path, found in group:
                    yield path, next(captions) if isinstance(found, Tensor) else found

    def _caption(self, pixels: list[Tensor]) -> list[Caption]:
        return self.captioner(torch.stack(pixels).to(self.captioner.device)) if pixels else []

    def _read(self, path: Path) -> Read:
        try:
            return path, self.transform(read_image(path))
        except CaptionerError as error:
            return path, error


def load_captioner(path: str | Path, device: str = "cpu") -> CaptioningPipeline:
    """Load a checkpoint, ready to caption pictures.

    The file alone is enough: nothing is fetched, and nothing that it names is imported.

    Args:
        path: A ``.ckpt`` file that training wrote.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the fastest there is.

    Raises:
        CaptionerError: If the file is not a captioner's checkpoint, or the device is not there.
    """
    return CaptioningPipeline(build_captioner(read_checkpoint(path)).to(find_device(device)))


def _ahead(
    pool: ThreadPoolExecutor, read: Callable[[Path], Read], paths: list[Path], size: int
) -> Iterator[list[Read]]:
    """Yield what ``read`` returns, in groups, reading one group ahead of the one in use."""
    waiting: list[Future[Read]] = []
    for start in range(0, len(paths), size):
        following = [pool.submit(read, path) for path in paths[start : start + size]]
        if waiting:
            yield [future.result() for future in waiting]
        waiting = following
    yield [future.result() for future in waiting]
