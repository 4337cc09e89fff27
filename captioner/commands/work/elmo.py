"""``elmo``: vectors of words in their contexts, from a biLM."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import Namespace
from tqdm import tqdm

from captioner.commands.work.console import print_line
from captioner.commands.work.elmo_neighbours import show_neighbours
from captioner.devices import find_device
from captioner.errors import CaptionerError
from captioner.inference.prepacking import prepack
from captioner.language_models import BiLM, sentence_vectors
from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint
from captioner.language_models.hdf5 import create_hdf5
from captioner.language_models.official import read_official, write_official


def elmo(settings: Namespace, sentences: list[list[str]], exported: Sequence[Path]) -> int:
    """Write, show or export what a biLM knows; return 0.

    Args:
        settings: Those of the command.
        sentences: Words of each sentence.
        exported: Files of options and of weights to write; none if no export is wanted.
    """
    bilm = _read_bilm(settings)
    if exported:
        _export(bilm, *exported)
    bilm = prepack(bilm.to(find_device(settings.device)))
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
                print_line(line, sys.stdout)
    if settings.out is not None:
        _write(bilm, sentences, settings)
    return 0


def _read_bilm(settings: Namespace) -> BiLM:
    if settings.ckpt_path is None:
        return read_official(settings.options, settings.weights)
    return build_language_model(read_bilm_checkpoint(settings.ckpt_path)).bilm.eval()


def _export(bilm: BiLM, options: Path, weights: Path) -> None:
    folder = options.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaptionerError(f"{folder}: expected a folder to write ({error.strerror})") from None
    write_official(bilm, options, weights)
    print(f"{folder}: {options.name} and {weights.name}")


def _write(bilm: BiLM, sentences: list[list[str]], settings: Namespace) -> None:
    vectors = sentence_vectors(
        bilm, sentences, batch_size=settings.batch_size, stateful=settings.stateful
    )
    with create_hdf5(settings.out) as file:
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
