"""A tiny data set, a tiny encoder and a tiny model that the data tests share."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule
from PIL import Image
from torch import nn

from captioner.preprocessing import Preprocessing, normalize

HALF = (0.5, 0.5, 0.5)
COLOURS = ("red", "green", "blue", "yellow", "purple", "white", "black", "orange")


class TinyEncoder(nn.Module):
    """Average each quarter of a picture: (B, 3, H, W) -> (B, 4, 3)."""

    preprocessing = Preprocessing((8, 8), HALF, HALF, "bilinear", 1.0, "squash")

    def __init__(self, frozen=True):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()), requires_grad=not frozen)
        self.frozen = self.cacheable = frozen
        self.pictures = 0

    def fingerprint(self):
        """Name the weights."""
        return f"{self.scale.item():016.6f}" * 4

    def frozen_part(self, pixels):
        """Return image tokens."""
        return self(pixels)

    def forward(self, pixels):
        """Return image tokens."""
        self.pictures += len(pixels)
        pixels = normalize(pixels, self.preprocessing) if pixels.dtype == torch.uint8 else pixels
        tokens = nn.functional.adaptive_avg_pool2d(pixels, 2).flatten(2).transpose(1, 2)
        return tokens * self.scale


class TinyModel(LightningModule):
    """Train one weight, and note which images came and what dropout did to them."""

    def __init__(self, encoder=None):
        super().__init__()
        self.encoder = encoder or TinyEncoder()
        self.weight = nn.Linear(3, 1)
        self.seen = []
        self.validated = []

    def setup(self, stage):
        """Say what the pictures are for."""
        trainer: Any = self.trainer
        trainer.datamodule.encoder = self.encoder

    def training_step(self, batch, batch_idx):
        """Note the batch and train on it."""
        kept = nn.functional.dropout(torch.ones(8)).tolist()
        self.seen.append((self.current_epoch, batch_idx, tuple(batch.image_ids), tuple(kept)))
        images = batch.images if batch.images.ndim == 3 else self.encoder(batch.images)
        return self.weight(images.float()).mean()

    def validation_step(self, batch, batch_idx):
        """Note the images."""
        self.validated += batch.image_ids

    test_step = validation_step

    def configure_optimizers(self):
        """Return plain gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


def write_coco(folder, count, first_id=1, captions=("A {} square.", "It is {}!"), word=""):
    """Draw pictures of one colour each and describe them; return the annotation file."""
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for image_id in range(first_id, first_id + count):
        colour = COLOURS[image_id % len(COLOURS)]
        name = f"{image_id:04}.png"
        Image.new("RGB", (12, 10), colour).save(folder / "images" / name)
        images.append({"id": image_id, "file_name": name})
        for text in captions:
            caption = f"{text.format(colour)} {word}".strip()
            annotation = {"id": len(annotations) + 1, "image_id": image_id, "caption": caption}
            annotations.append(annotation)
    file = folder / f"captions_{first_id}.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations}))
    return str(file)


@pytest.fixture(scope="session")
def coco():
    """Writer of small data sets."""
    return write_coco


@pytest.fixture(scope="session")
def tiny_encoder():
    """The class of tiny encoders."""
    return TinyEncoder


@pytest.fixture(scope="session")
def tiny_model():
    """The class of tiny models."""
    return TinyModel
