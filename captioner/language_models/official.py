"""Format of the published ELMo models (AllenNLP, bilm-tf): options.json and weights.hdf5."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.language_models.bilm import BiLM
from captioner.language_models.hdf5 import HDF5Reader, create_hdf5
from captioner.language_models.official_layout import pack, shapes, unpack
from captioner.language_models.options import BiLMOptions
from captioner.plain_text import read_plain_text

_GROUPS = ("char_embed", "CNN", "RNN")


def read_options(path: str | Path) -> BiLMOptions:
    """Return the options in an official options.json.

    Args:
        path: The file.

    Raises:
        CaptionerError: If it cannot be read or states no biLM that there can be.
    """
    path = Path(path)
    try:
        return BiLMOptions.from_json(read_plain_text(path, "the options of a biLM"))
    except ValueError as error:
        raise CaptionerError(f"{path}: {error}") from None


def read_official(
    options_path: str | Path, weights_path: str | Path, reader: HDF5Reader | None = None
) -> BiLM:
    """Return the biLM in the files of a published model, as AllenNLP and bilm-tf write them.

    All published sizes are in it. Names and shapes of the weights follow from the options alone
    and are checked before a weight is read.

    Args:
        options_path: ``options.json``.
        weights_path: ``weights.hdf5``.
        reader: What reads it; one of its own if not given.

    Returns:
        The model, in evaluation mode, on the CPU in float32.

    Raises:
        CaptionerError: If a file is missing or damaged, or one does not fit the other.
    """
    options = read_options(options_path)
    with torch.device("meta"):  # no memory and no random numbers for what is replaced
        bilm = BiLM(options)
    with nullcontext(reader) if reader is not None else HDF5Reader() as opened:
        arrays, names = opened.read(weights_path, shapes(options))
    for name, array in arrays.items():
        if not array.isfinite().all():
            raise CaptionerError(f"{weights_path}: expected finite numbers at {name}, found others")
    _refuse_unexpected(names, arrays, weights_path)
    bilm.load_state_dict(unpack(arrays, options), assign=True)
    return bilm.eval()


def write_official(bilm: BiLM, options_path: str | Path, weights_path: str | Path) -> None:
    """Write a biLM in the format of the published models, for the tools that read those.

    Weights are float32. The format stores the bias of a forget gate less one, which rounds it by
    up to 6e-8 where it is small; all else comes back as it was.

    Args:
        bilm: The model.
        options_path: ``options.json`` to write.
        weights_path: ``weights.hdf5`` to write.

    Raises:
        CaptionerError: If a file cannot be written.
    """
    with create_hdf5(weights_path) as file:
        for name, array in pack(bilm.state_dict(), bilm.options).items():
            file.create_dataset(name, data=array.numpy())
    atomic_write(options_path, bilm.options.to_json() + "\n")


def _refuse_unexpected(found: list[str], expected: dict[str, Tensor], path: str | Path) -> None:
    """Refuse weights that the options leave out: a layer less is another model."""
    more = sorted(name for name in set(found) - set(expected) if name.startswith(_GROUPS))
    if more:
        raise CaptionerError(f"{path}: expected the weights that the options name, found {more[0]}")
