"""The training batches of a folder of shards, with the smallest encoder that there can be."""

from __future__ import annotations

from pathlib import Path

import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from captioner.data import ShardsDataModule
from captioner.data.batches.loader import CaptionLoader
from captioner.preprocessing import Preprocessing

HALF = (0.5, 0.5, 0.5)


class NoEncoder(nn.Module):
    """Ask for pictures of 8 x 8 pixels, which nothing is computed of."""

    preprocessing = Preprocessing((8, 8), HALF, HALF, "bilinear", 1.0, "squash")
    frozen = cacheable = True

    def fingerprint(self) -> str:
        """Return letters that stand for no weights."""
        return "none" * 4

    def frozen_part(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels


def training_batches(folder: Path) -> CaptionLoader:
    """Return the loader that training gets, the words of all captions counted."""
    torch.set_num_threads(1)
    data = ShardsDataModule(str(folder), num_workers=0, cache_tokens=False)
    trainer = Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    data.trainer, data.encoder = trainer, NoEncoder()
    return data.train_dataloader()
