"""Model of an untrusted checkpoint: checked on the meta device, then built with its weights."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TypeVar

import torch
from torch import nn

from captioner.checkpoints.checkpoint_file import CheckpointFile
from captioner.errors import CaptionerError

Model = TypeVar("Model", bound=nn.Module)


def build_on_meta(
    checkpoint: CheckpointFile, settings: Set[str], make: Callable[[], Model]
) -> Model:
    """Return a checkpoint's model on the meta device, once its weights are known to fit.

    There weights have a shape but take neither memory nor time.

    Args:
        checkpoint: A checkpoint.
        settings: Names of the settings that shape the weights of such a model.
        make: Makes the model from those of the checkpoint.

    Raises:
        CaptionerError: If the file sets what is not architecture, or what the model refuses, or
            holds weights that do not fit.
    """
    unknown = sorted(checkpoint.architecture.keys() - settings)
    if unknown:
        raise CaptionerError(
            f"{checkpoint.path}: expected settings of the architecture of {checkpoint.model},"
            f" found {', '.join(unknown)}"
        )
    with torch.device("meta"):
        expected = _build(checkpoint, make)
    shapes = {name: tuple(value.shape) for name, value in expected.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in checkpoint.weights.items()}
    differing = sorted(name for name in shapes | found if shapes.get(name) != found.get(name))
    if differing:
        name = differing[0]
        raise CaptionerError(
            f"{checkpoint.path}: expected weights that fit {checkpoint.model}, found"
            f" {len(differing)} that differ ({name}: {found.get(name)} in place of"
            f" {shapes.get(name)})"
        )
    return expected


def build_with_weights(checkpoint: CheckpointFile, make: Callable[[], Model]) -> Model:
    """Return the model of a checkpoint, with its weights, in evaluation mode.

    Args:
        checkpoint: A checkpoint that :func:`build_on_meta` has accepted.
        make: Makes the model.
    """
    built = _build(checkpoint, make)
    built.load_state_dict(checkpoint.weights)
    return built.eval()


def _build(checkpoint: CheckpointFile, make: Callable[[], Model]) -> Model:
    try:
        return make()
    except CaptionerError as error:
        raise CaptionerError(f"{checkpoint.path}: {error}") from None
    except Exception as error:  # the file may say anything
        raise CaptionerError(
            f"{checkpoint.path}: expected settings that {checkpoint.model} takes, found others"
            f" ({type(error).__name__})"
        ) from None
