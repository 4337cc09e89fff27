"""``elmo``: its arguments, and what can be checked before a model is loaded."""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import NonNegativeInt, PositiveInt

from captioner.commands.output_paths import (
    check_output_files,
    check_output_folder,
    refuse_overwriting_inputs,
)
from captioner.commands.parsing.arguments import parse_arguments
from captioner.data.formats.text_files import read_text
from captioner.errors import CaptionerError
from captioner.files import check_file
from captioner.garbage_collection import gc_paused
from captioner.plain_text import read_plain_text


def run(argv: list[str]) -> int:
    """Do what ``argv`` asks for with a biLM; return 0."""
    settings = parse_arguments(_parser(), argv[1:])
    exported = _exported(settings.export)
    _check(settings, exported)
    sentences = read_sentences(settings.sentences) if settings.sentences else []
    _check_model(settings)
    with gc_paused():
        from captioner.commands.work.elmo import elmo
    return elmo(settings, sentences, exported)


def read_sentences(file: str) -> list[list[str]]:
    r"""Return the words of each line of a text file; an empty line has none.

    Args:
        file: UTF-8 text, one sentence a line, words set apart by spaces.

    Raises:
        CaptionerError: If the file is missing, not UTF-8 or has no line.
    """
    lines = read_text(file, "sentences, one a line").split("\n")
    if not lines[-1]:
        lines.pop()  # what follows the end of the last line is no line
    if not lines:
        raise CaptionerError(f"{file}: expected sentences, one a line, found an empty file")
    return [line.split() for line in lines]


def _check(settings: Namespace, exported: list[Path]) -> None:
    """Refuse settings that do not go together, before any work is done for them."""
    named = [name for name in ("options", "weights", "ckpt_path") if settings[name] is not None]
    if named not in (["ckpt_path"], ["options", "weights"]):
        raise CaptionerError(
            "elmo: expected --ckpt_path, or --options and --weights, found"
            f" {' and '.join('--' + name for name in named) or 'neither'}"
        )
    if settings.out is None and settings.neighbours is None and settings.export is None:
        raise CaptionerError("elmo: expected an output file, --neighbours or --export, found none")
    if settings.neighbours is not None and settings.sentences is None:
        raise CaptionerError("sentences: expected a file to look for neighbours in, found none")
    if settings.neighbours is not None and settings.stateful:
        raise CaptionerError("stateful: expected for an output file, found with --neighbours")
    inputs = (settings.sentences, settings.options, settings.weights, settings.ckpt_path)
    check_output_folder(settings.export, "export")
    check_output_files({"out": settings.out}, inputs)
    refuse_overwriting_inputs("export", exported, [*inputs, settings.out])


def _exported(folder: str | None) -> list[Path]:
    """Return the files of a biLM in the format of the published ones, if any are wanted."""
    return [] if folder is None else [Path(folder, "options.json"), Path(folder, "weights.hdf5")]


def _check_model(settings: Namespace) -> None:
    """Refuse files that are not there, in the words of what reads them."""
    if settings.ckpt_path is not None:
        check_file(Path(settings.ckpt_path), "a checkpoint file")
    else:
        read_plain_text(settings.options, "the options of a biLM")
        check_file(Path(settings.weights), "an HDF5 file")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner elmo",
        description="Write the vectors of words in their contexts, look at them, or hand the model"
        " on in the format of the published ones.",
    )
    add = parser.add_argument
    add("sentences", nargs="?", type=str | None, default=None, help="Text, one sentence a line.")
    add(
        "out", nargs="?", type=str | None, default=None, help="HDF5 file, a data set for each line."
    )
    add("--options", type=str | None, default=None, help="options.json of a published biLM.")
    add("--weights", type=str | None, default=None, help="Its weights.hdf5.")
    add("--ckpt_path", type=str | None, default=None, help="Checkpoint of a biLM, instead.")
    add("--batch_size", type=PositiveInt, default=64, help="Sentences that are read together.")
    add(
        "--stateful",
        action="store_true",
        help="Read on from the sentence before in the same row of the batch, as the published"
        " programs do; otherwise every sentence is read by itself.",
    )
    add("--device", type=str, default="cpu", help="cpu, cuda, mps, or auto for the fastest.")
    add("--neighbours", type=str | None, default=None, help="Word whose neighbours are shown.")
    add("--nearest", type=PositiveInt, default=5, help="Neighbours of each occurrence.")
    add("--occurrences", type=PositiveInt, default=10, help="Occurrences of the word to show.")
    add("--layer", type=NonNegativeInt | None, default=None, help="Layer compared; the top one.")
    add("--export", type=str | None, default=None, help="Folder for options.json and weights.hdf5.")
    return parser
