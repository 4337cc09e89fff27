"""From a checkpoint that may come from anywhere to a captioner."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from captioner.captioners.base import Captioner
from captioner.captioners.elmo import ElmoCaptioner
from captioner.captioners.lstm import LSTMCaptioner
from captioner.captioners.portable import NOT_ARCHITECTURE
from captioner.captioners.transformer import TransformerCaptioner
from captioner.checkpoint import Checkpoint
from captioner.errors import CaptionerError

# A closed set on purpose: a checkpoint names its captioner, and a file must not be able to make
# the program import anything.
CAPTIONERS: dict[str, type[Captioner]] = {
    "LSTMCaptioner": LSTMCaptioner,
    "ElmoCaptioner": ElmoCaptioner,
    "TransformerCaptioner": TransformerCaptioner,
}


def captioner_class(checkpoint: Checkpoint) -> type[Captioner]:
    """Return the class that a checkpoint is of, once the file is known to fit it.

    A file is compared with the captioner that it describes before one is built: on the meta
    device, where weights have a shape but take neither memory nor time.

    Raises:
        CaptionerError: If the file names another model, sets what is not architecture, or holds
            weights that do not fit.
    """
    found = CAPTIONERS.get(checkpoint.captioner)
    if found is None:
        raise CaptionerError(
            f"{checkpoint.path}: expected one of the captioners {', '.join(CAPTIONERS)}, found"
            f" {checkpoint.captioner!r}"
        )
    odd = sorted(checkpoint.architecture.keys() - _architecture(found))
    if odd:
        raise CaptionerError(
            f"{checkpoint.path}: expected settings of the architecture of {checkpoint.captioner},"
            f" found {', '.join(odd)}"
        )
    with torch.device("meta"):
        expected = _build(checkpoint, found)
    if expected.encoder.preprocessing.size != checkpoint.preprocessing.size:
        raise CaptionerError(
            f"{checkpoint.path}: expected pictures of {expected.encoder.preprocessing.size}"
            f" pixels, found {checkpoint.preprocessing.size}"
        )
    shapes = {name: tuple(value.shape) for name, value in expected.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in checkpoint.weights.items()}
    differing = sorted(name for name in shapes | given if shapes.get(name) != given.get(name))
    if differing:
        name = differing[0]
        raise CaptionerError(
            f"{checkpoint.path}: expected weights that fit {checkpoint.captioner}, found"
            f" {len(differing)} that differ ({name}: {given.get(name)} in place of"
            f" {shapes.get(name)})"
        )
    return found


def build_captioner(checkpoint: Checkpoint) -> Captioner:
    """Return the captioner of a checkpoint, with its weights and its pre-processing.

    Raises:
        CaptionerError: As :func:`captioner_class` does.
    """
    captioner = _build(checkpoint, captioner_class(checkpoint))
    captioner.load_state_dict(checkpoint.weights)
    captioner.encoder.preprocessing = checkpoint.preprocessing
    captioner.has_weights = True
    return captioner


def _architecture(captioner: type[Captioner]) -> set[str]:
    """Return the names of the arguments that shape the weights."""
    names = {
        name
        for kind in captioner.__mro__
        if issubclass(kind, Captioner)
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return names - set(NOT_ARCHITECTURE)


def _build(checkpoint: Checkpoint, captioner: type[Captioner]) -> Captioner:
    settings: dict[str, Any] = checkpoint.architecture
    try:
        return captioner(checkpoint.vocabulary, checkpoint.tokenizer, **settings)
    except CaptionerError as error:
        raise CaptionerError(f"{checkpoint.path}: {error}") from None
    except Exception as error:  # the file may say anything
        raise CaptionerError(
            f"{checkpoint.path}: expected settings that {checkpoint.captioner} takes, found others"
            f" ({type(error).__name__})"
        ) from None
