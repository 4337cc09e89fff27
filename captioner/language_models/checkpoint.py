"""Checkpoints of language models, read without trust."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from captioner.checkpoint_file import CheckpointFile, check_parts, load_file
from captioner.checkpoint_model import build, outline
from captioner.errors import CaptionerError
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.language_models.options import BiLMOptions


@dataclass(frozen=True)
class BiLMCheckpoint(CheckpointFile):
    """Hold the checkpoint of a biLM, checked; its weights fit its options.

    Attributes:
        options: Sizes of the biLM.
    """

    options: BiLMOptions


def read_bilm_checkpoint(path: str | Path) -> BiLMCheckpoint:
    """Read the checkpoint of a biLM that may come from anywhere.

    Only tensors and plain types are read (``weights_only``), nothing that the file names is
    imported, and nothing is fetched.

    Args:
        path: A ``.ckpt`` file that training wrote.

    Returns:
        The checkpoint; ``weights`` are those of :class:`BiLanguageModel`, of which ``bilm.`` begins
        the names of the biLM's.

    Raises:
        CaptionerError: If the file is missing, damaged, holds anything but tensors and plain
            types, is of another model, or its parts do not fit each other.
    """
    return to_bilm_checkpoint(Path(path), load_file(Path(path)))


def to_bilm_checkpoint(path: Path, found: dict[str, Any]) -> BiLMCheckpoint:
    """Return the checkpoint in what ``load_file`` found.

    Raises:
        CaptionerError: As :func:`read_bilm_checkpoint` does.
    """
    parts = CheckpointFile(**check_parts(path, found, BiLanguageModel.kind))
    if parts.model != BiLanguageModel.__name__:
        raise CaptionerError(
            f"{path}: expected the language model {BiLanguageModel.__name__}, found {parts.model!r}"
        )
    options = outline(parts, BiLanguageModel).bilm.options
    own = {item.name: getattr(parts, item.name) for item in fields(parts)}
    return BiLMCheckpoint(**own, options=options)


def build_bi_language_model(checkpoint: BiLMCheckpoint) -> BiLanguageModel:
    """Return the language model of a checkpoint, with its weights, ready to score sentences."""
    return build(checkpoint, BiLanguageModel)
