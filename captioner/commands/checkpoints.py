"""Checkpoints of any model of ours, and the model that one is of."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import Any

from captioner.captioners import CAPTIONERS
from captioner.checkpoint import Checkpoint, to_checkpoint
from captioner.checkpoint_file import CheckpointFile, find_kind, load_file
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.language_models.checkpoint import BiLMCheckpoint, to_bilm_checkpoint
from captioner.models.loading import check_model
from captioner.training.checkpointed_module import CheckpointedModule

_READERS: dict[str, Callable[[Path, dict[str, Any]], CheckpointFile]] = {
    "captioner": to_checkpoint,
    "language_model": to_bilm_checkpoint,
}


def read_any_checkpoint(path: str | Path) -> CheckpointFile:
    """Read the checkpoint of a captioner or of a language model, whichever it is.

    Raises:
        CaptionerError: If it is neither, or as ``read_checkpoint`` and ``read_bilm_checkpoint`` do.
    """
    path = Path(path)
    found = load_file(path)
    return _READERS[find_kind(found) or "captioner"](path, found)


@singledispatch
def model_class(checkpoint: CheckpointFile) -> type[CheckpointedModule]:
    """Return the class that a checkpoint is of, once the file is known to fit it.

    Raises:
        CaptionerError: If it does not.
    """
    raise TypeError(f"checkpoint: expected that of a known model, found {checkpoint.model}")


@model_class.register
def _(checkpoint: Checkpoint) -> type[CheckpointedModule]:
    check_model(checkpoint)
    return CAPTIONERS[checkpoint.model]


@model_class.register
def _(checkpoint: BiLMCheckpoint) -> type[CheckpointedModule]:
    return BiLanguageModel  # reading it has compared the two
