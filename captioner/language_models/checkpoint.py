"""Checkpoints of biLMs, read without trust, and the models in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from captioner.checkpoints.building import build_on_meta, build_with_weights
from captioner.checkpoints.checkpoint_file import (
    CheckpointFile,
    MonitoredMetric,
    checkpoint_fields,
    load_file,
)
from captioner.errors import CaptionerError
from captioner.language_models.language_model import LanguageModel
from captioner.language_models.options import BiLMOptions
from captioner.ranges import check_ranges
from captioner.text import get_tokenizer

_SIZES = ("character_size", "highways", "projection_size", "cell_size", "layers", "max_characters")

CLASS = "BiLanguageModel"
"""Class name in the checkpoints: the LightningModule that trained them."""


@dataclass(frozen=True)
class BiLMCheckpoint(CheckpointFile):
    """Checkpoint of a biLM, checked; its weights fit its options.

    Attributes:
        options: Sizes of the biLM.
    """

    kind: ClassVar[str] = "language_model"
    monitored: ClassVar[MonitoredMetric] = MonitoredMetric(
        "val/perplexity", "min", "geometric mean of both directions"
    )
    options: BiLMOptions


def read_bilm_checkpoint(path: str | Path) -> BiLMCheckpoint:
    """Read the checkpoint of a biLM that may come from anywhere.

    Only tensors and plain types are read (``weights_only``), nothing that the file names is
    imported, and nothing is fetched.

    Args:
        path: A ``.ckpt`` file that training wrote.

    Returns:
        The checkpoint; ``weights`` are those of :class:`LanguageModel`, of which ``bilm.`` begins
        the names of the biLM's.

    Raises:
        CaptionerError: If the file is missing, damaged, holds anything but tensors and plain
            types, is of another model, or its parts do not fit each other.
    """
    return parse_bilm_checkpoint(Path(path), load_file(Path(path)))


def parse_bilm_checkpoint(path: Path, found: dict[str, Any]) -> BiLMCheckpoint:
    """Return the biLM's checkpoint in the content that ``load_file`` returned.

    Raises:
        CaptionerError: As :func:`read_bilm_checkpoint` does.
    """
    parts = CheckpointFile(**checkpoint_fields(path, found, BiLMCheckpoint.kind))
    if parts.model != CLASS:
        raise CaptionerError(f"{path}: expected the language model {CLASS}, found {parts.model!r}")
    settings = {item.name for item in fields(BiLMOptions)}
    options = build_on_meta(parts, settings, _maker(parts)).bilm.options
    own = {item.name: getattr(parts, item.name) for item in fields(parts)}
    return BiLMCheckpoint(**own, options=options)


def build_language_model(checkpoint: BiLMCheckpoint) -> LanguageModel:
    """Return the language model of a checkpoint, with its weights, ready to score sentences."""
    return build_with_weights(checkpoint, _maker(checkpoint))


def options_from_settings(architecture: dict[str, Any]) -> BiLMOptions:
    """Return the sizes of a biLM from settings of plain values, as a checkpoint holds them.

    Raises:
        CaptionerError: If they make no such model.
    """
    check_ranges(**{name: architecture[name] for name in _SIZES})
    pairs = tuple((width, number) for width, number in architecture["filters"])
    try:
        return BiLMOptions(**{**architecture, "filters": pairs})
    except ValueError as error:
        raise CaptionerError(f"model.{error}") from None


def _maker(checkpoint: CheckpointFile) -> Callable[[], LanguageModel]:
    def make() -> LanguageModel:
        tokenizer = get_tokenizer(checkpoint.tokenizer)
        return LanguageModel(
            checkpoint.vocabulary, tokenizer, options_from_settings(checkpoint.architecture)
        )

    return make
