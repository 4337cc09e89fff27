"""Divergence: training whose loss is not finite ends, saying why and what is still good."""

from __future__ import annotations

import math
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor

from captioner.devices import CHECK_EVERY, is_ready
from captioner.training.checkpointed_module import CheckpointedModule, named_weights
from captioner.training.divergence import check_weights, divergence_error

LEAST_SCALE = 1e-4
"""Of a GradScaler, which begins with 65,536 and halves with every step that it leaves out."""


class FiniteLoss(Callback):
    """Stop a training whose loss or weights are no longer numbers: no further step can mend them.

    The loss of every step counts, but a GPU is not waited for in every step: its losses are looked
    at together when they are logged, before a validation, before a checkpoint is written, and after
    100 steps. In ``16-mixed`` a GradScaler leaves out the steps that would spoil the weights, which
    is no error until it leaves out one after the other.

    Example:
        >>> import torch
        >>> from lightning.pytorch import Trainer
        >>> trainer = Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
        >>> outputs = {"loss": torch.tensor(float("nan"))}
        >>> FiniteLoss().on_train_batch_end(trainer, None, outputs, None, 0)
        Traceback (most recent call last):
        captioner.errors.CaptionerError: train/loss: expected a finite number, found nan in step 0;\
 a lower model.learning_rate or more model.warmup_steps may help; no checkpoint was written before
    """

    def __init__(self) -> None:
        self._losses: list[tuple[int, Tensor]] = []  # step, loss

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Keep the loss of a step; look at those kept if it is time to.

        Raises:
            CaptionerError: If one is not finite.
        """
        if not outputs:
            return
        self._losses.append((trainer.global_step, outputs["loss"]))
        every = trainer.log_every_n_steps  # type: ignore[attr-defined]  # set by a helper
        logged = every and (batch_idx + 1) % every == 0
        if is_ready(outputs["loss"]) or logged or len(self._losses) >= CHECK_EVERY:
            self._check_losses(trainer, pl_module)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look before a validation of what is trained, whose scores would mean nothing.

        Raises:
            CaptionerError: If a loss or a weight is not finite.
        """
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            self._check(trainer, pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Look before a checkpoint is written; the model looks at what is saved of its weights.

        Raises:
            CaptionerError: If a loss is not finite.
        """
        self._check_losses(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at what was trained, if no checkpoint is written of it.

        Raises:
            CaptionerError: If a loss or a weight is not finite.
        """
        self._check(trainer, pl_module)

    def _check(self, trainer: Trainer, model: LightningModule) -> None:
        self._check_losses(trainer, model)
        trained = (item for item in named_weights(model) if item[1].requires_grad)
        check_weights(trainer, dict(trained))

    def _check_losses(self, trainer: Trainer, model: LightningModule) -> None:
        losses, self._losses = self._losses, []
        if isinstance(model, CheckpointedModule):
            model.run_deferred_checks()  # a picture that makes a loss NaN says more than the loss
        if not losses:
            return
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        if scaler is not None:
            if (scale := scaler.get_scale()) < LEAST_SCALE:
                raise divergence_error(
                    trainer,
                    f"train/loss: expected gradients that trainer.precision {trainer.precision} can"
                    f" hold, found none of late, so that its loss scale has fallen to {scale:g}",
                )
            return
        values = torch.stack([loss for _, loss in losses]).tolist()
        for (step, _), value in zip(losses, values, strict=True):
            if not math.isfinite(value):
                raise divergence_error(
                    trainer, f"train/loss: expected a finite number, found {value} in step {step}"
                )
