"""A checkpoint is one file that is enough: what is in it beside the weights, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from captioner import __version__
from captioner.checkpoint_file import FORMAT, CheckpointFile, check_parts, load_file
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing

if TYPE_CHECKING:
    from captioner.portable import PortableModule


@dataclass(frozen=True)
class Checkpoint(CheckpointFile):
    """Hold the checkpoint of a captioner, checked.

    Attributes:
        preprocessing: How pictures become pixels.
    """

    preprocessing: Preprocessing


def describe(model: PortableModule) -> dict[str, Any]:
    """Return what Lightning's own checkpoint lacks to be used alone, as plain types."""
    trainer = model.trainer
    data = getattr(trainer, "datamodule", None)
    return {
        model.kind: {
            "format": FORMAT,
            "version": __version__,
            "class": type(model).__name__,
            "tokenizer": model.tokenizer.name,
            "about": {
                "data": data.describe() if data is not None else {},
                "scores": {
                    name: float(value)
                    for name, value in sorted(trainer.callback_metrics.items())
                    if name.startswith("val/")
                },
                "epochs": trainer.current_epoch,
                "steps": trainer.global_step,
                "precision": str(trainer.precision),
                "training": dict(model.training_settings),
            },
            **model.describe_input(),
        },
        "vocabulary": list(model.vocabulary.words),
    }


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a captioner's checkpoint that may come from anywhere.

    Only tensors and plain types are read (``weights_only``), names in the file are compared with
    known ones and never imported, and nothing is fetched.

    Args:
        path: A ``.ckpt`` file that training wrote.

    Raises:
        CaptionerError: If the file is missing, damaged, holds anything but tensors and plain
            types, or was not written by captioner.
    """
    return to_checkpoint(Path(path), load_file(Path(path)))


def to_checkpoint(path: Path, found: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint in what :func:`load_file` found.

    Raises:
        CaptionerError: As :func:`read_checkpoint` does.
    """
    parts = check_parts(path, found, "captioner")
    try:
        preprocessing = Preprocessing.from_dict(found["captioner"].get("preprocessing", {}))
    except CaptionerError as error:
        raise CaptionerError(f"{path}: {error}") from None
    return Checkpoint(**parts, preprocessing=preprocessing)
