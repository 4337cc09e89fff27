"""The same conditions for all: what captioners that are compared must have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonargparse import Namespace

from captioner.errors import CaptionerError

_ENCODER = ("encoder", "encoder_weights", "image_size", "crop_pct", "train_encoder_from")
# Images seen is what captioners are given in common; time, which is shown beside it, is not.
_BUDGET = (
    "max_epochs",
    "max_steps",
    "max_time",
    "limit_train_batches",
    "limit_val_batches",
    "precision",
)
# How data reach the captioner, not which.
_TRANSPORT = frozenset(
    {"batch_size", "eval_batch_size", "bucket_batches", "num_workers", "cache_dir", "cache_tokens"}
)


def check_conditions(models: Mapping[str, Namespace]) -> None:
    """Refuse to compare what differs in more than the text model.

    Args:
        models: The parsed ``fit`` settings of each captioner, by its name.

    Raises:
        CaptionerError: If two of them differ in data, encoder, budget or patience.
    """
    (first, reference), *others = ((name, conditions(each)) for name, each in models.items())
    for name, own in others:
        for key in {**reference, **own}:
            if own.get(key) != reference.get(key):
                raise CaptionerError(
                    f"{key}: expected the same for all captioners of a comparison, found"
                    f" {reference.get(key)!r} for {first} and {own.get(key)!r} for {name}; give"
                    " all of them one value under settings"
                )


def conditions(settings: Namespace) -> dict[str, Any]:
    """Return what one captioner must have in common with the others."""
    data, model = settings.data.init_args.as_dict(), settings.model.init_args.as_dict()
    shared = {f"data.{key}": data[key] for key in data.keys() - _TRANSPORT}
    shared |= {"data": settings.data.class_path}
    shared |= {f"model.{key}": model.get(key) for key in _ENCODER}
    shared |= {f"trainer.{key}": settings.trainer[key] for key in _BUDGET}
    return dict(sorted(shared.items())) | {"patience": settings.patience}
