"""When a run stops looking for a better checkpoint, also one that was cut short afterwards."""

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch.utils.data import DataLoader

from captioner.callbacks.best_checkpoint import Patience
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.portable import Goal


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
        batches = DataLoader(torch.ones(2, 1))
        trainer = Trainer(
            accelerator="cpu", max_epochs=9, logger=False, default_root_dir=tmp_path,
            enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
            callbacks=[Patience(Goal("val/CIDEr", "max", ""), patience), LastCheckpoint()],
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
