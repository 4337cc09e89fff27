"""``info``: say what a checkpoint is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from captioner.checkpoints.checkpoint_file import Checkpoint, CheckpointFile
from captioner.commands.checkpoints import read_any_checkpoint
from captioner.commands.runs.recorded_settings import format_setting
from captioner.language_models.checkpoint import BiLMCheckpoint


def info(name: str) -> int:
    """Print what a checkpoint is; return 0."""
    for label, value in describe(read_any_checkpoint(name)):
        print(f"{label:24} {value}")
    return 0


def describe(checkpoint: CheckpointFile) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known of a model."""
    architecture = dict(checkpoint.architecture)
    yield from describe_model(checkpoint, architecture)
    for name, value in sorted(architecture.items()):
        yield f"  {name}", str(value)
    yield "vocabulary", f"{len(checkpoint.vocabulary):,} words, tokenizer {checkpoint.tokenizer}"
    monitored = checkpoint.monitored
    notes = {"data": "", "scores": f"of the validation data; {monitored.name}: {monitored.meaning}"}
    for part, note in notes.items():
        yield part, note if checkpoint.about.get(part) else "unknown"
        for name, value in dict(checkpoint.about.get(part) or {}).items():
            yield f"  {name}", f"{value:.4f}" if isinstance(value, float) else str(value)
    for name in ("epochs", "steps", "precision"):
        yield name, str(checkpoint.about.get(name, "unknown"))
    training = dict(checkpoint.about.get("training") or {})
    yield "training", "" if training else "unknown"
    for name, value in training.items():
        yield f"  {name}", format_setting(value)


@singledispatch
def describe_model(
    checkpoint: CheckpointFile, architecture: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what kind of model it is, taking out of ``architecture`` what has been said."""
    yield "model", checkpoint.model


@describe_model.register
def _(checkpoint: Checkpoint, architecture: dict[str, Any]) -> Iterator[tuple[str, str]]:
    height, width = checkpoint.preprocessing.size
    yield "captioner", checkpoint.model
    yield "encoder", f"{architecture.pop('encoder', 'unknown')}, {height} x {width} pixels"
    yield "parameters", _parameters(checkpoint, "encoder")


@describe_model.register
def _(checkpoint: BiLMCheckpoint, architecture: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "language model", checkpoint.model
    yield "parameters", _parameters(checkpoint, "softmax")


def _parameters(checkpoint: CheckpointFile, part: str) -> str:
    counts = {name: weight.numel() for name, weight in checkpoint.weights.items()}
    share = sum(count for name, count in counts.items() if name.startswith(f"{part}."))
    return f"{sum(counts.values()):,}, of which {part} {share:,}"
