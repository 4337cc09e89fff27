"""``elmo``: vectors of words in their contexts, from a biLM."""

from __future__ import annotations

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import NonNegativeInt, PositiveInt
from tqdm import tqdm

from captioner.commands.arguments import parse
from captioner.commands.elmo_neighbours import show_neighbours
from captioner.commands.outputs import check_folder, check_outputs, keep_inputs
from captioner.commands.predict import say
from captioner.data.formats.text_files import read_text
from captioner.devices import find_device
from captioner.errors import CaptionerError
from captioner.inference.prepacking import prepacked
from captioner.language_models import BiLM, sentence_vectors
from captioner.language_models.hdf5 import writing
from captioner.language_models.official import read_official, write_official

EXPORTED = ("options.json", "weights.hdf5")


def run(argv: list[str]) -> int:
    """Do what ``argv`` asks for with a biLM; return 0."""
    settings = parse(_parser(), argv[1:])
    _check(settings)
    sentences = read_sentences(settings.sentences) if settings.sentences else []
    bilm = _read_bilm(settings)
    if settings.export is not None:
        _export(bilm, Path(settings.export))
    bilm = prepacked(bilm.to(find_device(settings.device)))
    if settings.neighbours is not None:
        for paragraph in show_neighbours(
            bilm,
            sentences,
            settings.neighbours,
            layer=settings.layer,
            count=settings.nearest,
            occurrences=settings.occurrences,
            batch_size=settings.batch_size,
        ):
            for line in paragraph.splitlines():
                say(line, sys.stdout)
    if settings.out is not None:
        _write(bilm, sentences, settings)
    return 0


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


def _check(settings: Namespace) -> None:
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
    check_folder(settings.export, "export")
    check_outputs({"out": settings.out}, inputs)
    if settings.export is not None:
        exported = [Path(settings.export) / name for name in EXPORTED]
        keep_inputs("export", exported, [*inputs, settings.out])


def _read_bilm(settings: Namespace) -> BiLM:
    if settings.ckpt_path is None:
        return read_official(settings.options, settings.weights)
    from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint

    return build_language_model(read_bilm_checkpoint(settings.ckpt_path)).bilm.eval()


def _export(bilm: BiLM, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaptionerError(f"{folder}: expected a folder to write ({error.strerror})") from None
    options, weights = EXPORTED
    write_official(bilm, folder / options, folder / weights)
    print(f"{folder}: {options} and {weights}")


def _write(bilm: BiLM, sentences: list[list[str]], settings: Namespace) -> None:
    vectors = sentence_vectors(
        bilm, sentences, batch_size=settings.batch_size, stateful=settings.stateful
    )
    with writing(settings.out) as file:
        for number, layers in enumerate(
            tqdm(vectors, total=len(sentences), unit=" sentences", disable=None)
        ):
            file.create_dataset(str(number), data=layers.numpy())
    depth, _, width = layers.shape
    empty = sum(not words for words in sentences)
    print(
        f"{settings.out}: {len(sentences)} data sets of {depth} layers x words x {width}"
        + (f", {empty} of them of no words, from empty lines" if empty else "")
    )


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
