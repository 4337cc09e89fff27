"""Stopping a training that has diverged, and keeping what it was before."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from captioner.__main__ import main
from captioner.callbacks import EMA, FiniteLoss, LastCheckpoint, finite_loss
from captioner.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from captioner.callbacks.best_checkpoint import BestCheckpoint
from captioner.checkpoints.checkpoint_file import MonitoredMetric
from captioner.errors import CaptionerError
from captioner.text import Vocabulary, get_tokenizer
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.types import TextBatch

STEPS = 6  # of an epoch


class Words(nn.Module):
    """One weight, and words."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.vocabulary, self.tokenizer = Vocabulary(["a"]), get_tokenizer("ptb")


class Weight(CheckpointedModule):
    """Train one weight; its loss or the weight itself is no number from some step on."""

    kind = "language_model"
    monitored = MonitoredMetric("val/score", "max", "the number of the validation")
    batch_type = TextBatch
    not_architecture = ()

    def __init__(self, bad_loss=math.inf, bad_weight=math.inf):
        super().__init__()
        self.model = Words()
        self.bad_loss, self.bad_weight = bad_loss, bad_weight
        self.validations = 0

    def explain_scores(self):
        """Say nothing."""
        return ""

    def training_step(self, batch, batch_idx):
        """Return a loss, NaN in one step only: the weights are as before."""
        loss = (self.model.weight * batch).sum()
        return loss * 0 + torch.nan if self.global_step == self.bad_loss else loss

    def optimizer_step(self, *args, **kwargs):
        """Spoil the weight with a step whose loss is a number."""
        super().optimizer_step(*args, **kwargs)
        if self.global_step + 1 >= self.bad_weight:
            self.model.weight.data[1] = torch.nan

    def validation_step(self, batch, batch_idx):
        """Find each validation better than the one before."""
        self.validations += 1
        self.log("val/score", float(self.validations))

    def configure_optimizers(self):
        """Descend slowly."""
        return torch.optim.SGD(self.parameters(), lr=1e-3)


def fit(folder, model, *callbacks, **settings):
    """Train two epochs, validated twice each."""
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        callbacks=[FiniteLoss(), *callbacks],
        plugins=[AtomicCheckpointIO()],
        **{"max_epochs": 2, "num_sanity_val_steps": 0, "log_every_n_steps": 100, **settings},
    )
    trainer.fit(model, torch.rand(STEPS, 2), torch.rand(1, 2))
    return trainer


def test_a_training_that_diverges_ends_with_one_sentence(small_run, tmp_path, capsys):
    wild = ("--model.learning_rate=1e30", "--trainer.log_every_n_steps=1", "--name=wild")
    assert main(small_run("fit", tmp_path, *wild, "--model.warmup_steps=0")) == 2
    error = capsys.readouterr().err
    assert "captioner: train/loss: expected a finite number, found nan in step " in error
    assert "Traceback" not in error


@pytest.mark.parametrize("waits", [True, False])
def test_the_loss_of_every_step_counts(waits, tmp_path, monkeypatch):
    monkeypatch.setattr(finite_loss, "is_ready", lambda value: waits)
    found = r"^train/loss: expected a finite number, found nan in step 3; a lower model.learning"
    with pytest.raises(CaptionerError, match=found):
        fit(tmp_path, Weight(bad_loss=2), limit_val_batches=0)


class Picture(Weight):
    """Know which picture made the loss NaN."""

    def run_deferred_checks(self):
        """Name it once it has been read."""
        if self.global_step > self.bad_loss:
            raise CaptionerError("image 7: expected image features")


@pytest.mark.parametrize("waits", [True, False])
def test_a_picture_is_named_rather_than_the_loss(waits, tmp_path, monkeypatch):
    monkeypatch.setattr(finite_loss, "is_ready", lambda value: waits)
    with pytest.raises(CaptionerError, match="^image 7"):
        fit(tmp_path, Picture(bad_loss=2), LastCheckpoint(), BestCheckpoint(Weight.monitored))
    assert not list(tmp_path.rglob("*.ckpt"))


class Read(TorchDispatchMode):
    """Count the numbers that a program waits for."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Count what leads from a tensor to a number."""
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_a_gpu_is_waited_for_when_it_logs_and_not_in_every_step(monkeypatch):
    monkeypatch.setattr(finite_loss, "is_ready", lambda value: False)
    settings: dict[str, Any] = {"logger": False, "accelerator": "cpu", "barebones": False}
    trainer: Any = Trainer(log_every_n_steps=5, **settings)
    callback, outputs = FiniteLoss(), {"loss": torch.ones(())}
    looked = []
    for step in range(11):
        with Read() as read:
            callback.on_train_batch_end(trainer, LightningModule(), outputs, None, step)
        looked.append(read.count > 0 or not callback._losses)
    assert [step for step, look in enumerate(looked) if look] == [4, 9]
    trainer.log_every_n_steps = 0
    for step in range(99):  # what is kept does not grow for ever
        callback.on_train_batch_end(trainer, LightningModule(), outputs, None, step)
    assert not callback._losses


def test_a_validation_of_weights_that_are_no_numbers_is_not_begun(tmp_path):
    model = Weight(bad_weight=STEPS)
    with pytest.raises(
        CaptionerError, match="^weights: expected finite numbers, found NaN"
    ) as error:
        fit(tmp_path, model)
    assert model.validations == 0
    assert "in weight after step 6;" in str(error.value)
    assert str(error.value).endswith("no checkpoint was written before")


class AfterEveryStep(ModelCheckpoint):
    """A user's own: every second step, all of them kept, or only the weights."""

    def __init__(self, folder, **settings):
        super().__init__(
            folder, filename="{step}", every_n_train_steps=2, save_top_k=-1, **settings
        )


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("weights_only", [False, True])
def test_no_checkpoint_of_such_weights_takes_the_place_of_a_good_one(
    average, weights_only, tmp_path
):
    own = AfterEveryStep(tmp_path / "own", save_weights_only=weights_only)
    kept = [BestCheckpoint(Weight.monitored), LastCheckpoint(), own]
    averaging = [EMA(decay=0.5)] if average else []
    with pytest.raises(CaptionerError, match="^weights: expected finite numbers") as error:
        fit(tmp_path, Weight(bad_weight=STEPS + 2), *averaging, *kept)
    files = sorted(tmp_path.rglob("*.ckpt"))
    names = ["best.ckpt", "last.ckpt", *(f"step={step}.ckpt" for step in (2, 4, 6))]
    assert [file.name for file in files] == names
    for file in files:
        saved = torch.load(file, weights_only=True)
        assert saved["state_dict"]["weight"].isfinite().all(), file
    assert str(error.value).endswith("last.ckpt is good")


def test_what_is_written_nowhere_is_looked_at_at_the_end(tmp_path):
    with pytest.raises(CaptionerError, match="^weights: expected finite numbers"):
        fit(tmp_path, Weight(bad_weight=2 * STEPS), limit_val_batches=0)


class Scaler(Callback):
    """Let the trainer have a GradScaler, as on a GPU in 16-mixed."""

    def __init__(self, scale):
        self.scale = scale

    def setup(self, trainer, pl_module, stage):
        """Put it where it is looked for."""
        trainer.precision_plugin.scaler = SimpleNamespace(get_scale=lambda: self.scale)


def test_steps_that_a_grad_scaler_leaves_out_are_no_error_until_all_are(tmp_path):
    fit(tmp_path, Weight(bad_loss=2), Scaler(scale=64.0), gradient_clip_val=None)
    with pytest.raises(CaptionerError, match="loss scale has fallen to 1e-05; a lower model.lear"):
        fit(tmp_path, Weight(), Scaler(scale=1e-5))
