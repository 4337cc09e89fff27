"""Checkpoint reading for commands that take one of a captioner or of a language model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from captioner.checkpoints.checkpoint_file import (
    CheckpointFile,
    checkpoint_kind,
    load_file,
    parse_checkpoint,
)
from captioner.language_models.checkpoint import parse_bilm_checkpoint

_READERS: dict[str, Callable[[Path, dict[str, Any]], CheckpointFile]] = {
    "captioner": parse_checkpoint,
    "language_model": parse_bilm_checkpoint,
}


def read_any_checkpoint(path: str | Path) -> CheckpointFile:
    """Read the checkpoint of a captioner or of a language model, whichever it is.

    Raises:
        CaptionerError: If it is neither, or as ``read_checkpoint`` and ``read_bilm_checkpoint`` do.
    """
    path = Path(path)
    found = load_file(path)
    return _READERS[checkpoint_kind(found) or "captioner"](path, found)
