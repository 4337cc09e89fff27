"""Sentences come in batches, all of them, in an order that an interruption does not change."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from captioner.data import ScenesTextDataModule, TextDataModule
from captioner.errors import CaptionerError
from captioner.types import TextBatch

WORDS = ["dog", "cat", "bird", "horse", "cow"]


class TinyModel(LightningModule):
    """Note the sentences that come."""

    max_characters = 8

    def setup(self, stage):
        """Say how long a word's spelling may be."""
        trainer: Any = self.trainer
        trainer.datamodule.max_characters = self.max_characters

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Linear(1, 1)
        self.seen, self.validated = [], []

    def training_step(self, batch: TextBatch, batch_idx):
        """Note the sentences."""
        self.seen.append(batch.tokens.tolist())
        return self.weight(torch.ones(1)).mean()

    def validation_step(self, batch: TextBatch, batch_idx):
        """Note the sentences."""
        assert batch.characters.shape[1] == self.max_characters
        self.validated += batch.tokens.tolist()

    def configure_optimizers(self):
        """Return plain gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.fixture
def files(tmp_path):
    train = [f"{word} " * n for n, word in enumerate(WORDS * 4, start=1)]
    (tmp_path / "train.txt").write_text("\n".join(train))
    (tmp_path / "val.txt").write_text("a dog\nno cat at all\n" + "x " * 60)
    return {"train_text": str(tmp_path / "train.txt"), "val_text": str(tmp_path / "val.txt")}


class SaveAfter(Callback):
    """Save a checkpoint after so many batches."""

    def __init__(self, batches, path):
        self.batches, self.path = batches, path

    def on_train_batch_end(self, trainer, model, *args):
        """Count."""
        if len(model.seen) == self.batches:
            trainer.save_checkpoint(self.path)


def run(files, *callbacks, epochs=2, resume=None, **options):
    data = TextDataModule(**files, batch_size=3, **options)
    model = TinyModel()
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        callbacks=list(callbacks),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(model, data, ckpt_path=resume, weights_only=True)
    return model, data


def lengths(batches):
    return [[sum(token > 0 for token in row) - 2 for row in batch] for batch in batches]


def test_every_sentence_once_an_epoch_longest_first_and_shuffled(files):
    model, data = run(files, bucket_batches=1)
    first, second = lengths(model.seen[:7]), lengths(model.seen[7:])
    assert first != second
    for epoch in (first, second):
        assert sorted(n for batch in epoch for n in batch) == list(range(1, 21))
        assert all(batch == sorted(batch, reverse=True) for batch in epoch)
    assert len(data.vocabulary) == 4 + len(WORDS)


def test_buckets_hold_sentences_of_like_length(files):
    model, _ = run(files, epochs=1, bucket_batches=7)
    spread = [max(batch) - min(batch) for batch in lengths(model.seen)]
    assert max(spread) == 2


def test_unknown_words_and_long_sentences_of_validation_text(files):
    model, data = run(files, epochs=1, max_words=50, min_count=10)
    vocabulary = data.vocabulary
    dog, unk = vocabulary.encode(["dog"])[1], vocabulary.unk
    rows = [[token for token in row if token] for row in model.validated]
    assert [1, unk, dog, 2] in rows
    assert max(map(len, rows)) == 52


def test_fewer_sentences_than_processes_are_refused(files):
    data = TextDataModule(**files)
    trainer: Any = SimpleNamespace(world_size=4, state=SimpleNamespace(fn="validate"))
    data.trainer = trainer
    data.max_characters = 8
    with pytest.raises(CaptionerError, match=r"at least 4 examples to evaluate on, .* found 3"):
        data.val_dataloader()


def test_a_resumed_run_sees_the_batches_that_it_would_have_seen(files, tmp_path):
    whole, _ = run(files, SaveAfter(9, tmp_path / "middle.ckpt"), bucket_batches=2)
    after, _ = run(files, resume=tmp_path / "middle.ckpt", bucket_batches=2)
    assert after.seen == whole.seen[9:]


def test_fit_needs_something_to_choose_by(files):
    with pytest.raises(CaptionerError, match=r"data\.val_text: expected a file, or data\.holdout"):
        run({"train_text": files["train_text"]})
    model, _ = run({"train_text": files["train_text"]}, epochs=1, holdout=4)
    assert len(model.validated) == 4


@pytest.mark.parametrize("name", ["holdout", "min_count", "max_words", "batch_size", "limit"])
def test_settings_outside_their_range(name):
    setting: dict[str, Any] = {name: -1}
    with pytest.raises(CaptionerError, match=rf"data\.{name}: expected at least \d, found -1"):
        TextDataModule(**setting)


def test_scenes_are_drawn_and_their_test_captions_left_out(tmp_path):
    sizes = {"train_size": 24, "val_size": 6, "test_size": 6}
    data = ScenesTextDataModule(str(tmp_path / "scenes"), **sizes)
    assert 60 < len(data.splits.train) <= 120
    assert len(data.splits.val) == 30
    assert "dog" in data.vocabulary or len(data.vocabulary) > 50
    described: dict[str, Any] = data.describe()
    assert described["train sentences"] + described["sentences left out"] == 120
