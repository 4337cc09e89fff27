"""A checkpoint is one file that is enough: what is in it beside the weights, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from captioner.checkpoint_file import CheckpointFile, Goal, check_parts, load_file
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing


@dataclass(frozen=True)
class Checkpoint(CheckpointFile):
    """Hold the checkpoint of a captioner, checked.

    Attributes:
        preprocessing: How pictures become pixels.
    """

    kind: ClassVar[str] = "captioner"
    goal: ClassVar[Goal] = Goal("val/CIDEr", "max", "n-gram weights from the validation references")
    preprocessing: Preprocessing


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
    parts = check_parts(path, found, Checkpoint.kind)
    try:
        preprocessing = Preprocessing.from_dict(found["captioner"].get("preprocessing", {}))
    except CaptionerError as error:
        raise CaptionerError(f"{path}: {error}") from None
    return Checkpoint(**parts, preprocessing=preprocessing)
