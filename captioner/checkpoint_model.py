"""From a checkpoint that may come from anywhere to a model."""

from __future__ import annotations

import inspect
from typing import TypeVar

import torch

from captioner.checkpoint_file import CheckpointFile
from captioner.errors import CaptionerError
from captioner.portable import PortableModule

Model = TypeVar("Model", bound=PortableModule)


def outline(checkpoint: CheckpointFile, model: type[Model]) -> Model:
    """Return the model that a checkpoint describes, without weights, once the file fits it.

    It is built on the meta device, where weights have a shape but take neither memory nor time.

    Args:
        checkpoint: A checkpoint that names ``model``.
        model: Its class.

    Raises:
        CaptionerError: If the file sets what is not architecture, or what the model refuses, or
            holds weights that do not fit.
    """
    odd = sorted(checkpoint.architecture.keys() - _architecture(model))
    if odd:
        raise CaptionerError(
            f"{checkpoint.path}: expected settings of the architecture of {checkpoint.model},"
            f" found {', '.join(odd)}"
        )
    try:
        model.check_architecture(checkpoint.architecture)
    except CaptionerError as error:
        raise CaptionerError(f"{checkpoint.path}: {error}") from None
    with torch.device("meta"):
        expected = _make(checkpoint, model)
    shapes = {name: tuple(value.shape) for name, value in expected.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in checkpoint.weights.items()}
    differing = sorted(name for name in shapes | given if shapes.get(name) != given.get(name))
    if differing:
        name = differing[0]
        raise CaptionerError(
            f"{checkpoint.path}: expected weights that fit {checkpoint.model}, found"
            f" {len(differing)} that differ ({name}: {given.get(name)} in place of"
            f" {shapes.get(name)})"
        )
    return expected


def build(checkpoint: CheckpointFile, model: type[Model]) -> Model:
    """Return the model of a checkpoint that fits it, with its weights, in evaluation mode.

    Args:
        checkpoint: A checkpoint that :func:`outline` has accepted.
        model: Its class.
    """
    built = _make(checkpoint, model)
    built.load_state_dict(checkpoint.weights)
    built.take_over(checkpoint)
    return built.eval()


def _architecture(model: type[PortableModule]) -> set[str]:
    """Return the names of the arguments that shape the weights."""
    names = {
        name
        for kind in model.__mro__
        if issubclass(kind, PortableModule)
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return names - set(model.not_architecture)


def _make(checkpoint: CheckpointFile, model: type[Model]) -> Model:
    try:
        return model(checkpoint.vocabulary, checkpoint.tokenizer, **checkpoint.architecture)
    except CaptionerError as error:
        raise CaptionerError(f"{checkpoint.path}: {error}") from None
    except Exception as error:  # the file may say anything
        raise CaptionerError(
            f"{checkpoint.path}: expected settings that {checkpoint.model} takes, found others"
            f" ({type(error).__name__})"
        ) from None
