"""Divergence: weights that are NaN or infinite, found, and what a user can do about it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.training.kept_checkpoints import newest_checkpoint


def first_not_finite(weights: Mapping[str, Tensor]) -> str | None:
    """Return the name of the first tensor that holds NaN or infinity; None if none does.

    Devices are waited for once, not for each tensor.

    Args:
        weights: Tensors by name. Whole numbers are finite.

    Example:
        >>> first_not_finite({"bias": torch.zeros(2), "weight": torch.tensor([1.0, torch.nan])})
        'weight'
    """
    numbers = {name: value.detach() for name, value in weights.items() if value.is_floating_point()}
    if not numbers:
        return None
    device = next(iter(numbers.values())).device
    finite = torch.stack([value.isfinite().all().to(device) for value in numbers.values()]).tolist()
    return next((name for name, good in zip(numbers, finite, strict=True) if not good), None)


def check_weights(trainer: Trainer, weights: Mapping[str, Tensor]) -> None:
    """Raise if weights are not finite, which no further step can mend.

    Args:
        trainer: Of the training.
        weights: Tensors by name.

    Raises:
        CaptionerError: If one holds NaN or infinity; it says what may help and what is kept.
    """
    if (name := first_not_finite(weights)) is not None:
        raise divergence_error(
            trainer,
            f"weights: expected finite numbers, found NaN or infinite ones in {name} after step"
            f" {trainer.global_step}",
        )


def divergence_error(trainer: Trainer, found: str) -> CaptionerError:
    """Return the error of a training that has diverged.

    Args:
        trainer: Of the training.
        found: What was expected and found.
    """
    remedies = ["a lower model.learning_rate", "more model.warmup_steps"]
    if not str(trainer.precision).startswith(("32", "64")):
        remedies.append("trainer.precision 32-true")
    # Weights that are not finite are not written, so that what is there can be gone on from.
    good = newest_checkpoint(trainer, "last.ckpt", "best.ckpt")
    kept = "no checkpoint was written before" if good is None else f"{good} is good"
    *others, last = remedies
    return CaptionerError(f"{found}; {', '.join(others)} or {last} may help; {kept}")
