"""Which checkpoint is the best one, and when a run stops looking for a better one."""

from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch.utils.data import DataLoader

from captioner.callbacks.best_checkpoint import BestCheckpoint, ResumableEarlyStopping
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.checkpoints.checkpoint_file import MonitoredMetric


class _NeverBetter(LightningModule):
    """Validate equally well after every epoch of two batches."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.steps = 0

    def training_step(self, batch, batch_idx):
        self.steps += 1
        return self.layer(batch).sum()

    def validation_step(self, batch, batch_idx):
        self.log("val/CIDEr", 1.0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.fixture
def fit(tmp_path):
    def run(patience, **settings):
        model = _NeverBetter()
        numbers: Any = torch.ones(2, 1)
        batches = DataLoader(numbers)
        trainer = Trainer(
            accelerator="cpu", max_epochs=9, logger=False, default_root_dir=tmp_path,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
            callbacks=[
                ResumableEarlyStopping(MonitoredMetric("val/CIDEr", "max", ""), patience),
                LastCheckpoint(),
            ],
        )  # fmt: skip
        trainer.fit(model, batches, batches, weights_only=True, **settings)
        return model.steps // 2

    return run


@pytest.mark.parametrize("patience", [0, 2])
def test_a_run_that_had_stopped_trains_no_more(fit, tmp_path, patience):
    assert fit(patience) == 1 + max(1, patience)
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert fit(patience, ckpt_path=last) == 0
    assert fit(patience + 2, ckpt_path=last) == (1 if patience == 0 else 2)


class _Scored(_NeverBetter):
    """Validate with given scores, one an epoch."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def validation_step(self, batch, batch_idx):
        self.log("val/CIDEr", self.scores[self.current_epoch])


@pytest.mark.parametrize("damaged", [False, True])
def test_a_run_that_goes_back_keeps_what_was_better(tmp_path, damaged):
    def fit(scores, **settings):
        trainer = Trainer(
            accelerator="cpu", max_epochs=len(scores), logger=False, default_root_dir=tmp_path,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
            callbacks=[BestCheckpoint(MonitoredMetric("val/CIDEr", "max", "")), LastCheckpoint()],
        )  # fmt: skip
        numbers: Any = torch.ones(1, 1)
        batches = DataLoader(numbers)
        trainer.fit(_Scored(scores), batches, batches, weights_only=True, **settings)

    best, last = (tmp_path / "checkpoints" / name for name in ("best.ckpt", "last.ckpt"))
    fit([1.0])
    early = last.rename(tmp_path / "early.ckpt")
    fit([1.0, 3.0], ckpt_path=early)
    if damaged:
        best.write_bytes(b"no checkpoint")
    fit([1.0, 2.0, 2.0], ckpt_path=early)
    kept = torch.load(best, weights_only=True)
    assert kept["epoch"] == 1
    (score,) = (state["best_model_score"] for state in kept["callbacks"].values())
    assert score == (2.0 if damaged else 3.0)
