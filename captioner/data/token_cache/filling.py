"""Filling the token cache: every picture through the frozen encoder, once."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from captioner.data.batches.worker_signals import leave_signals_to_main
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform, Transform
from captioner.data.preparing.prepare_hint import prepare_hint
from captioner.data.token_cache.cache import TokenCache, identity
from captioner.data.token_cache.encoder_protocol import ImageEncoder
from captioner.errors import CaptionerError
from captioner.finite_features import NOT_FINITE, finite_rows
from captioner.formatting import byte_size

log = logging.getLogger(__name__)

_Read = tuple[int, bytes, Tensor | str]  # index, identity, and pixels or why there are none


def fill_cache(
    cache: TokenCache,
    paths: Sequence[str],
    encoder: ImageEncoder,
    transform: Transform | None = None,
    *,
    batch_size: int = 32,
    num_workers: int = 0,
) -> dict[int, str]:
    """Compute and store the image tokens of all pictures that have none yet.

    It can be interrupted at any time and goes on where it was. Processes that share a cache wait
    for each other, and then find the work done. A progress bar appears if there is work to do.

    Args:
        cache: Where the tokens go.
        paths: The picture files.
        encoder: Runs in evaluation mode, on the device and in the precision of its weights.
        transform: Makes pixels of a decoded picture, whose path names the draw; that of evaluation
            if not given.
        batch_size: Pictures that go through the encoder at a time.
        num_workers: Processes that decode pictures.

    Returns:
        For the index of each picture that cannot be read, or whose tokens are not finite numbers,
        one sentence saying why; it is not stored.

    Raises:
        CaptionerError: If the disk is or would become full, or if tokens exceed float16.
    """
    if (cache.rows(paths) >= 0).all():
        return {}
    with cache.lock():
        missing = [index for index, row in enumerate(cache.rows(paths)) if row < 0]
        if not missing:  # another process has done the work meanwhile
            return {}
        if unread := cache.unread():
            log.warning(
                "%s: image tokens of pictures as another version of Pillow decoded them, which are"
                " not read any more (may be deleted, unless another installation uses them)",
                ", ".join(map(str, unread)),
            )
        pictures = _Pictures(paths, missing, transform or EvalTransform(encoder.preprocessing))
        return _fill(cache, pictures, encoder, batch_size, num_workers)


class _Pictures(Dataset[_Read]):
    """Give the pixels of the pictures that have no tokens yet."""

    def __init__(self, paths: Sequence[str], missing: list[int], transform: Transform) -> None:
        self.paths = paths
        self.missing = missing
        self.transform = transform

    def __len__(self) -> int:
        return len(self.missing)

    def __getitem__(self, item: int) -> _Read:
        index = self.missing[item]
        # before reading: a file that changes in between is then encoded again
        before = identity(self.paths[index])
        if not before:
            path = self.paths[index]
            missing = f"{path}: expected a picture, found no such file{prepare_hint(path)}"
            return index, before, missing
        try:
            picture = read_image(self.paths[index], least=self.transform.least)
            return index, before, self.transform.pixels(picture, self.paths[index])
        except CaptionerError as error:
            return index, before, str(error)


def _stack(read: list[_Read]) -> tuple[dict[int, bytes], Tensor, dict[int, str]]:
    """Return identities and pixels (B, 3, H, W) of the readable pictures, and the broken ones."""
    whole = [(index, file, pixels) for index, file, pixels in read if isinstance(pixels, Tensor)]
    pixels = torch.stack([pixels for *_, pixels in whole]) if whole else torch.empty(0)
    broken = {index: reason for index, _, reason in read if isinstance(reason, str)}
    return {index: file for index, file, _ in whole}, pixels, broken


def _fill(
    cache: TokenCache, pictures: _Pictures, encoder: ImageEncoder, batch_size: int, workers: int
) -> dict[int, str]:
    loader = DataLoader(
        pictures,
        batch_size,
        collate_fn=_stack,
        num_workers=workers,
        worker_init_fn=leave_signals_to_main,
        generator=torch.Generator(),  # draws nothing from the global random state
    )
    weight = next(iter(encoder.parameters()), torch.empty(0))
    broken: dict[int, str] = {}
    was_training = encoder.training
    encoder.train(False)
    try:
        with torch.inference_mode(), tqdm(total=len(pictures), desc="Image tokens") as progress:
            for files, pixels, unread in loader:
                broken |= unread
                done = int(progress.n)
                if files:
                    tokens = encoder.frozen_part(pixels.to(weight.device))  # B N F
                    finite = finite_rows(tokens).tolist()
                    broken |= _not_finite(pictures, dict(zip(files, finite, strict=True)))
                    _store(cache, list(files.values()), tokens, finite, left=len(pictures) - done)
                progress.update(len(files) + len(unread))
    finally:
        encoder.train(was_training)
    return broken


def _not_finite(pictures: _Pictures, finite: dict[int, bool]) -> dict[int, str]:
    """Return for the index of each picture whose tokens are no finite numbers a sentence."""
    bad = (index for index, good in finite.items() if not good)
    return {index: f"{pictures.paths[index]}: {NOT_FINITE}" for index in bad}


def _store(
    cache: TokenCache, files: list[bytes], tokens: Tensor, finite: list[bool], left: int
) -> None:
    """Store the tokens (B, N, F) that are finite numbers; ``left`` pictures are not stored yet."""
    if any(finite):
        kept = tokens[torch.tensor(finite, device=tokens.device)].half()
        _check(cache, kept, left)
        cache.append([file for file, good in zip(files, finite, strict=True) if good], kept)


def _check(cache: TokenCache, tokens: Tensor, pictures: int) -> None:
    if not tokens.isfinite().all():
        raise CaptionerError(
            "data.cache_tokens: expected image tokens within the range of float16, found larger "
            "ones, so set it to false for this encoder"
        )
    needed = pictures * tokens[0].numel() * tokens.element_size()
    free = shutil.disk_usage(cache.folder).free
    if needed > free:
        raise CaptionerError(
            f"{cache.folder}: expected {byte_size(needed)} of free space for image tokens, found "
            f"{byte_size(free)}, so free some or choose another data.cache_dir"
        )
