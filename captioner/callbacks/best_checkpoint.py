"""``best.ckpt``: the checkpoint that validates best, and when to stop looking for a better one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.utilities import rank_zero_info

from captioner.portable import Goal
from captioner.training.job_limits import is_cut


class BestCheckpoint(ModelCheckpoint):
    """Keep ``checkpoints/best.ckpt``, also over a resume and in a folder that was moved.

    Of what a checkpoint says of its run, only the best score is taken over: paths in a file are
    not to be trusted, and the file they mean is the one beside it.

    Args:
        goal: What is better.
    """

    def __init__(self, goal: Goal) -> None:
        super().__init__(
            filename="best",
            monitor=goal.name,
            mode=goal.mode,
            enable_version_counter=False,
            auto_insert_metric_name=False,
        )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the scores, unless a limit cuts the epoch: they would be those of another one."""
        if not is_cut(trainer):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the best score so far, if its file is still there."""
        score = state_dict.get("best_model_score")
        path = Path(self.dirpath or "") / "best.ckpt"
        if score is None or not path.is_file():
            return
        self.best_model_path = self.kth_best_model_path = str(path)
        self.best_model_score = self.kth_value = torch.tensor(float(score))
        self.best_k_models = {str(path): self.kth_value}


class Patience(EarlyStopping):
    """Stop when validation has not been better for some times.

    Args:
        goal: What is better.
        patience: How many; after a resume it is the new number that counts, not the stored one.
    """

    def __init__(self, goal: Goal, patience: int) -> None:
        super().__init__(goal.name, mode=goal.mode, patience=patience, strict=False)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count, unless a limit cuts the epoch: then the score is that of an older one."""
        if not is_cut(trainer):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting from where the checkpoint was written."""
        super().load_state_dict({**state_dict, "patience": self.patience})

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Train no more than ``min_epochs`` if the run that goes on had stopped."""
        if self.wait_count >= max(1, self.patience):
            # Lightning asks after this hook whether anything is left to do.
            trainer.should_stop = True
            rank_zero_info(
                f"Stopping: {self.monitor} was not better {self.wait_count} times in a row;"
                " a larger --patience goes on"
            )
