"""Fair conditions: the settings that captioners must have in common to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonargparse import Namespace

from captioner.errors import CaptionerError

# What is seen of a picture, and what is learnt from: true captions, or CIDEr as a second stage.
_MODEL = (
    "encoder",
    "encoder_weights",
    "image_size",
    "crop_pct",
    "encoder_stages",
    "train_encoder_from",
    "image_positions",
    "self_critical",
)
# Images seen is what captioners are given in common; time, which is shown beside it, is not.
_BUDGET = (
    "max_epochs",
    "max_time",
    "limit_train_batches",
    "limit_val_batches",
    "precision",
)
# Who is looked at more often has more checkpoints to choose from; who computes elsewhere, other
# times. A step is another number of images where batches differ, so steps are counted in images.
_TRAINER = (
    "check_val_every_n_epoch",
    "val_check_interval",
    "accelerator",
    "devices",
    "num_nodes",
)
# Where training starts, when it ends, and the captions that a checkpoint is chosen by.
_RUN = ("init_from", "patience", "search")
# How data reach the captioner, not which.
_TRANSPORT = frozenset(
    {"batch_size", "eval_batch_size", "bucket_batches", "num_workers", "cache_dir", "cache_tokens"}
)


def check_conditions(models: Mapping[str, Namespace]) -> None:
    """Refuse to compare what differs in more than the text model.

    Args:
        models: The parsed ``fit`` settings of each captioner, by its name.

    Raises:
        CaptionerError: If two of them differ in data, encoder, objective, budget, what training
            starts from, how it is watched, or the device.
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
    trainer, run = settings.trainer.as_dict(), settings.as_dict()
    shared = {f"data.{key}": data[key] for key in data.keys() - _TRANSPORT}
    shared |= {"data": settings.data.class_path}
    shared |= {f"model.{key}": model.get(key) for key in _MODEL}
    shared |= {f"trainer.{key}": trainer[key] for key in (*_BUDGET, *_TRAINER)}
    shared |= {"trainer.max_steps, in images": _images(trainer, data)}
    return dict(sorted(shared.items())) | {key: run[key] for key in _RUN}


def _images(trainer: dict[str, Any], data: dict[str, Any]) -> int:
    """Return how many images the greatest number of steps is, -1 where there is none."""
    if trainer["max_steps"] == -1:
        return -1
    return int(trainer["max_steps"] * trainer["accumulate_grad_batches"] * data["batch_size"])
