"""Learning rates are logged where there is a logger, and stop no run where there is none."""

from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from captioner.callbacks.learning_rates import LearningRates


class _Line(LightningModule):
    """Learn something with a constant learning rate."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.25)


@pytest.mark.parametrize("logs", [True, False])
def test_learning_rates_go_to_the_logger_if_there_is_one(tmp_path, logs):
    trainer = Trainer(
        accelerator="cpu", max_epochs=1, logger=CSVLogger(tmp_path) if logs else False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=tmp_path, log_every_n_steps=1, callbacks=[LearningRates()],
    )  # fmt: skip
    numbers: Any = torch.ones(3, 1)
    trainer.fit(_Line(), DataLoader(numbers))
    assert trainer.global_step == 3
    written = [path.read_text() for path in tmp_path.rglob("metrics.csv")]
    assert [text.count("0.25") for text in written] == ([3] if logs else [])
