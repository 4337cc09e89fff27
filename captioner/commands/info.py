"""``info``: say what a checkpoint is."""

from __future__ import annotations

from collections.abc import Iterator

from jsonargparse import ArgumentParser

from captioner.checkpoint import Checkpoint, read_checkpoint
from captioner.commands.messages import parse


def run(argv: list[str]) -> int:
    """Print what the checkpoint that ``argv`` names is."""
    parser = ArgumentParser(
        prog="python -m captioner info",
        description="Say what a checkpoint is: encoder, decoder, vocabulary, data, scores.",
    )
    parser.add_argument("checkpoint", type=str, help="Checkpoint of a captioner.")
    checkpoint = read_checkpoint(parse(parser, argv[1:]).checkpoint)
    for name, value in describe(checkpoint):
        print(f"{name:24} {value}")
    return 0


def describe(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known of a captioner."""
    architecture = dict(checkpoint.architecture)
    preprocessing = checkpoint.preprocessing
    parameters = sum(weight.numel() for weight in checkpoint.weights.values())
    encoder = sum(
        weight.numel() for name, weight in checkpoint.weights.items() if name.startswith("encoder.")
    )
    yield "captioner", checkpoint.model
    height, width = preprocessing.size
    yield "encoder", f"{architecture.pop('encoder', 'unknown')}, {height} x {width} pixels"
    yield "parameters", f"{parameters:,}, of which encoder {encoder:,}"
    for name, value in sorted(architecture.items()):
        yield f"  {name}", str(value)
    yield "vocabulary", f"{len(checkpoint.vocabulary):,} words, tokenizer {checkpoint.tokenizer}"
    for part in ("data", "scores"):
        yield part, _NOTES[part] if checkpoint.about.get(part) else "unknown"
        for name, value in dict(checkpoint.about.get(part) or {}).items():
            yield f"  {name}", f"{value:.4f}" if isinstance(value, float) else str(value)
    for name in ("epochs", "steps"):
        yield name, str(checkpoint.about.get(name, "unknown"))


_NOTES = {
    "data": "",
    "scores": "of the validation data, whose references give CIDEr its n-gram weights",
}
