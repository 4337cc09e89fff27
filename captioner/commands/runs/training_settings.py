"""Training settings of a run: those that decide how it is trained, for its checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from captioner.commands.lightning_cli.compatibility import import_class
from captioner.commands.runs.recorded_settings import to_plain_value

_TRAINER = (
    *("max_epochs", "min_epochs", "min_steps", "accumulate_grad_batches", "overfit_batches"),
    *("gradient_clip_val", "gradient_clip_algorithm", "val_check_interval"),
    *("check_val_every_n_epoch", "limit_train_batches", "limit_val_batches", "precision"),
    *("callbacks", "max_steps"),
)
_DATA = (
    *("batch_size", "bucket_batches", "max_words", "augment", "cached_views", "distill_from"),
    *("limit", "holdout", "seed", "tokenizer", "min_count"),
)
_PARTS = {"trainer": _TRAINER, "data": _DATA}


def training_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run that decide how it is trained, by name, as plain values.

    Where files lie, what the run is called and which device it takes is not among them, nor what
    ends a job of it: ``max_time``, and ``max_steps`` unless that is the length of the run.
    Architecture is recorded elsewhere.

    Args:
        settings: All settings, or some, as ``config.yaml`` has them.

    Example:
        >>> model = {"class_path": "captioner.captioners.LSTMCaptioner"}
        >>> model["init_args"] = {"dropout": 0.5, "width": 32}
        >>> training_settings({"model": model, "search": {"beams": 3}, "name": "lstm"})
        {'model.dropout': 0.5, 'search.beams': 3}
    """
    named = dict(flatten_settings(settings))
    if named.get("trainer.max_epochs") != -1:
        named.pop("trainer.max_steps", None)
    model = import_class(settings["model"]["class_path"])
    return {name: value for name, value in named.items() if is_training_setting(name, model)}


def is_training_setting(name: str, model: Any) -> bool:
    """Return whether a setting is one of those that a checkpoint of a model records.

    Args:
        name: As a command line has it.
        model: Class of the model.
    """
    part, _, rest = name.partition(".")
    setting = rest.partition(".")[0]
    if part == "model":
        return setting in {*model.not_architecture} - {"vocabulary", "tokenizer"}
    return part in ("search", "patience", "seed_everything") or setting in _PARTS.get(part, ())


def flatten_settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield nested settings flattened: dotted names, as a command line has them, and plain values.

    Example:
        >>> data = {"class_path": "captioner.data.TextDataModule", "init_args": {"holdout": 2}}
        >>> trainer = {"callbacks": [{"class_path": "EMA"}]}
        >>> list(flatten_settings({"data": data, "trainer": trainer}))
        [('data.holdout', 2), ('trainer.callbacks', '[{"class_path": "EMA"}]')]
    """
    for part, value in settings.items():
        if part in ("model", "data"):
            value = (value or {}).get("init_args")
            if not value:  # a class that is named without a setting names none
                continue
        yield from _leaves(part, value)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name == "trainer.callbacks" and isinstance(value, Mapping):
        value = [value]  # one may be given without a list
    if isinstance(value, Mapping) and value:
        for inner, below in value.items():
            yield from _leaves(f"{name}.{inner}", below)
    else:
        yield name, to_plain_value(value)
