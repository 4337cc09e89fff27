"""``best.ckpt``, the checkpoint that validates best, and early stopping that can be resumed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from lightning.pytorch.utilities import rank_zero_info

from captioner.checkpoints.checkpoint_file import MonitoredMetric, load_file
from captioner.errors import CaptionerError
from captioner.training.job_limits import stopped_mid_epoch


class BestCheckpoint(ModelCheckpoint):
    """Keep ``checkpoints/best.ckpt``, also over a resume and in a folder that was moved.

    Of what a checkpoint says of its run, no path is taken over: paths in a file are not to be
    trusted, and the file they mean is the one beside it. That file says how good it is: a run may
    go back to a checkpoint from before it, and what is worse must not take its place.

    Args:
        monitored: What is better.
    """

    def __init__(self, monitored: MonitoredMetric) -> None:
        super().__init__(
            filename="best",
            monitor=monitored.name,
            mode=monitored.mode,
            enable_version_counter=False,
            auto_insert_metric_name=False,
        )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Choose, if there is anything to choose by: without a validation Lightning would complain.

        The user has not set what it would blame. Where a limit cuts the epoch, the scores are those
        of an older one.
        """
        if self.monitor in trainer.callback_metrics and not stopped_mid_epoch(trainer):
            super().on_train_epoch_end(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Choose likewise, where validations do not come at the end of epochs."""
        if self.monitor in trainer.callback_metrics:
            super().on_validation_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the best score so far, if its file is still there and whole."""
        path = Path(self.dirpath or "") / "best.ckpt"
        try:
            own = (load_file(path).get("callbacks") or {}).get(self.state_key) or {}
        except CaptionerError:
            return
        score = own.get("best_model_score", state_dict.get("best_model_score"))
        if score is None:
            return
        self.best_model_path = self.kth_best_model_path = str(path)
        self.best_model_score = self.kth_value = torch.tensor(float(score))
        self.best_k_models = {str(path): self.kth_value}


class ResumableEarlyStopping(EarlyStopping):
    """Stop when validation has not been better for some times.

    Args:
        monitored: What is better.
        patience: How many, -1 for no limit; after a resume it is the new number that counts, not
            the stored one.
    """

    def __init__(self, monitored: MonitoredMetric, patience: int) -> None:
        limit = sys.maxsize if patience == -1 else patience
        super().__init__(monitored.name, mode=monitored.mode, patience=limit, strict=False)

    @property
    def state_key(self) -> str:
        """The name under which checkpoints have known its state since before it had this one."""
        return f"Patience{ {'monitor': self.monitor, 'mode': self.mode}!r}"

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count, unless a limit cuts the epoch: then the score is that of an older one."""
        if not stopped_mid_epoch(trainer):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting from where the checkpoint was written; what ended that run is over."""
        super().load_state_dict({**state_dict, "patience": self.patience})
        self.stopping_reason = EarlyStoppingReason.NOT_STOPPED

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Train no more than ``min_epochs`` if the run that goes on had stopped."""
        if self.wait_count >= max(1, self.patience):
            # Lightning asks after this hook whether anything is left to do.
            trainer.should_stop = True
            self.stopping_reason = EarlyStoppingReason.PATIENCE_EXHAUSTED
            rank_zero_info(
                f"Stopping: {self.monitor} was not better {self.wait_count} times in a row;"
                " a larger --patience goes on"
            )
