"""Provenance of given checkpoints: what they were trained on, with and for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from captioner.checkpoints.checkpoint_file import Checkpoint

_UNKNOWN = "unknown"


def describe_given(given: Mapping[str, Checkpoint]) -> dict[str, str]:
    """Return what the checkpoints say of themselves, ready to print.

    Args:
        given: The checkpoints, by name of the captioner.
    """
    return {name: _by_captioner(given, tell) for name, tell in _CONDITIONS.items()} | {
        "checkpoint from": _by_captioner(given, _epochs)
    }


def differing_conditions(given: Mapping[str, Checkpoint]) -> list[str]:
    """Return a sentence on each condition that is not known to be the same for all checkpoints.

    Args:
        given: The checkpoints, by name of the captioner.
    """
    notes = [
        "Nothing was trained for this comparison: how long the captioners were trained, and how"
        " their settings were found, may differ."
    ]
    for name, tell in _CONDITIONS.items():
        told = {tell(checkpoint) for checkpoint in given.values()}
        if len(told) > 1 or _UNKNOWN in told:
            notes.append(
                f"The captioners are not known to have the same {name}"
                f" ({_by_captioner(given, tell)}): differences between them are not those of the"
                " text models alone."
            )
    return notes


def _encoder(checkpoint: Checkpoint) -> str:
    height, width = checkpoint.preprocessing.size
    return f"{checkpoint.architecture.get('encoder', _UNKNOWN)}, {height} x {width} pixels"


def _training(checkpoint: Checkpoint) -> str:
    data = dict(checkpoint.about.get("data") or {})
    if not {"train images", "train captions"} <= data.keys():
        return _UNKNOWN
    return f"{data['train images']:,} images, {data['train captions']:,} captions"


def _epochs(checkpoint: Checkpoint) -> str:
    epochs = checkpoint.about.get("epochs")
    return _UNKNOWN if epochs is None else f"epoch {epochs}"


def _precision(checkpoint: Checkpoint) -> str:
    return str(checkpoint.about.get("precision", _UNKNOWN))


_CONDITIONS: dict[str, Callable[[Checkpoint], str]] = {
    "encoder": _encoder,
    "training data": _training,
    "training precision": _precision,
}


def _by_captioner(given: Mapping[str, Checkpoint], tell: Callable[[Checkpoint], str]) -> str:
    """Return what all say, or what each says."""
    told = {name: tell(checkpoint) for name, checkpoint in given.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{name}: {text}" for name, text in told.items())
