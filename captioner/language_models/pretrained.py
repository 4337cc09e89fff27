"""Pretrained biLM of a captioner: from a checkpoint of ours, or from published files."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from captioner.errors import CaptionerError
from captioner.language_models.checkpoint import read_bilm_checkpoint
from captioner.language_models.official import read_official, read_options
from captioner.language_models.options import BiLMOptions

_PREFIX = "bilm."
_HDF5 = (".hdf5", ".h5")


def read_bilm_options(source: str) -> BiLMOptions:
    """Return the sizes of the biLM that a setting names.

    Args:
        source: A checkpoint of a biLM, the ``options.json`` of a published one, or what is in such
            a file, which is how the checkpoint of a captioner keeps it.

    Raises:
        CaptionerError: If a file is missing or something else.

    Example:
        >>> read_bilm_options(BiLMOptions(layers=1).to_json()).layers
        1
    """
    if source.lstrip().startswith("{"):
        try:
            return BiLMOptions.from_json(source)
        except ValueError as error:
            raise CaptionerError(f"model.bilm: {error}") from None
    if Path(source).suffix == ".json":
        return read_options(source)
    return read_bilm_checkpoint(source).options


def read_bilm_weights(source: str, bilm: str) -> dict[str, Tensor]:
    """Return the weights of a biLM by their names in :class:`~captioner.language_models.bilm.BiLM`.

    Args:
        source: A checkpoint of a biLM, or the HDF5 file of a published one.
        bilm: The ``options.json`` that belongs to an HDF5 file; not read for a checkpoint.

    Raises:
        CaptionerError: If a file is missing or something else.
    """
    if Path(source).suffix in _HDF5:
        return dict(read_official(bilm, source).state_dict())
    found = read_bilm_checkpoint(source)
    return {
        name.removeprefix(_PREFIX): weight
        for name, weight in found.weights.items()
        if name.startswith(_PREFIX)
    }
