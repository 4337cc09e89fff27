"""The same pictures are shown, however the data are cut into batches."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule

from captioner.callbacks.first_captions import FirstCaptions
from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.loader import CaptionLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.data.formats.example import Example
from captioner.text import Vocabulary, get_tokenizer
from captioner.types import Caption

WORDS = ["a", "dog", "runs", "far", "away"]


def caption(text):
    return Caption(text, text.split(), -1.0, [])


def shown(count, batch_size, rank=0, replicas=1):
    """Return (image, caption) pairs; the captions of image 10 + n have n + 1 words."""
    examples = [Example(10 + n, "", (" ".join(WORDS[: n + 1]),)) for n in range(5)]
    tokenizer, vocabulary = get_tokenizer("ptb"), Vocabulary(WORDS)
    dataset = CaptionDataset(examples, lambda index, epoch: torch.zeros(1), tokenizer, vocabulary)
    batches = EpochBatches(5, batch_size, rank=rank, replicas=replicas)
    loader = CaptionLoader(dataset, batches)
    trainer: Any = SimpleNamespace(val_dataloaders=loader)
    callback = FirstCaptions(count)
    for index, batch in enumerate(loader):
        said = [[caption(f"{image} best"), caption("second")] for image in batch.image_ids]
        outputs = {"captions": said}
        callback.on_validation_batch_end(trainer, LightningModule(), outputs, batch, index)
    pairs = [(example.image_id, best.text) for example, best in callback.take(trainer)]
    assert callback.take(trainer) == []
    return pairs


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5])
def test_batches_sorted_by_length_change_nothing(batch_size):
    assert shown(3, batch_size) == [(10, "10 best"), (11, "11 best"), (12, "12 best")]


def test_the_first_of_several_processes_shows_what_it_sees():
    assert shown(2, batch_size=2, replicas=2) == [(10, "10 best"), (12, "12 best")]


def test_there_may_be_fewer():
    assert len(shown(9, batch_size=2)) == 5


def test_other_data_have_none():
    trainer: Any = SimpleNamespace(val_dataloaders=[1, 2])
    callback = FirstCaptions(2)
    callback.on_validation_batch_end(trainer, LightningModule(), None, object(), 0)
    assert callback.take(trainer) == []
