"""Optimizer, parameter groups and learning-rate schedule of a training run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lightning.pytorch import Trainer
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from captioner.errors import CaptionerError
from captioner.training.job_limits import total_training_steps
from captioner.training.resumable_lambda_lr import ResumableLambdaLR
from captioner.training.schedules import SCHEDULES


@dataclass(frozen=True)
class OptimizerSettings:
    """Settings of optimizer and learning-rate schedule.

    Attributes:
        optimizer: ``adamw`` (Loshchilov and Hutter, 2019) or ``adam`` (Kingma and Ba, 2015).
        learning_rate: Peak learning rate of adapter and decoder.
        encoder_learning_rate: Peak learning rate of the fine-tuned part of the encoder.
        weight_decay: Weight decay of matrices; vectors (biases, norms) are never decayed.
        betas: Decay rates of the running averages of gradient and squared gradient.
        schedule: A key of ``SCHEDULES``.
        warmup_steps: Steps over which the learning rate rises linearly.
    """

    optimizer: Literal["adam", "adamw"] = "adamw"
    learning_rate: float = 5e-4
    encoder_learning_rate: float = 1e-5
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    schedule: Literal["constant", "cosine", "inverse_sqrt"] = "cosine"
    warmup_steps: int = 100


def optimizer_config(
    trainer: Trainer,
    settings: OptimizerSettings,
    model: Iterable[nn.Parameter],
    encoder: Iterable[nn.Parameter] = (),
) -> OptimizerLRSchedulerConfig:
    """Return optimizer and schedule as ``LightningModule.configure_optimizers`` returns them.

    Args:
        trainer: Knows how many steps there will be.
        settings: How weights are updated.
        model: As in :func:`make_optimizer`.
        encoder: Likewise.

    Raises:
        CaptionerError: If training has no end, which the schedule needs to know.
    """
    if trainer.max_epochs == -1 and math.isinf(total_training_steps(trainer)):
        raise CaptionerError(
            "trainer.max_epochs: expected a number of epochs, which the learning rate schedule"
            " needs, found no limit"
        )
    optimizer, schedule = make_optimizer(
        settings, model, encoder, lambda: total_training_steps(trainer)
    )
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


_OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}


def make_optimizer(
    settings: OptimizerSettings,
    model: Iterable[nn.Parameter],
    encoder: Iterable[nn.Parameter],
    total_steps: Callable[[], float],
) -> tuple[Optimizer, ResumableLambdaLR]:
    """Return the optimizer and its learning-rate schedule, to be advanced every step.

    Resumed from a checkpoint, both continue at its step but keep the settings given here: rates,
    decay and the rest.

    Args:
        settings: How weights are updated.
        model: Parameters of adapter and decoder; those without gradient are left out.
        encoder: Parameters of the encoder, likewise.
        total_steps: Returns the optimizer steps of the whole run. It is asked after the first step
            only: a loader that is made before training starts would miss where a resumed run
            stopped.

    Example:
        >>> model = nn.Linear(2, 3)
        >>> optimizer, _ = make_optimizer(OptimizerSettings(), model.parameters(), [], lambda: 9)
        >>> [group["weight_decay"] for group in optimizer.param_groups]
        [0.01, 0.0]
    """
    groups = []
    for parameters, rate in (
        (model, settings.learning_rate),
        (encoder, settings.encoder_learning_rate),
    ):
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        matrices = [parameter for parameter in trained if parameter.dim() > 1]
        vectors = [parameter for parameter in trained if parameter.dim() <= 1]
        for members, decay in ((matrices, settings.weight_decay), (vectors, 0.0)):
            if members:
                groups.append({"params": members, "lr": rate, "weight_decay": decay})
    optimizer = _OPTIMIZERS[settings.optimizer](groups, betas=settings.betas)
    schedule = SCHEDULES[settings.schedule]

    def factor(step: int) -> float:
        total = int(total_steps()) if step else 1
        return schedule(step, settings.warmup_steps, total)

    return optimizer, ResumableLambdaLR(optimizer, factor)
