"""Captioning model from a checkpoint that may come from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from captioner.checkpoints.building import build_on_meta, build_with_weights
from captioner.checkpoints.checkpoint_file import Checkpoint
from captioner.errors import CaptionerError
from captioner.models.architectures import DECODERS, build_model, setting_names
from captioner.models.caption_model import CaptionModel


def check_model(checkpoint: Checkpoint) -> None:
    """Refuse a checkpoint that does not fit the captioner it names, before one is built.

    Raises:
        CaptionerError: If the file names another model, sets what is not architecture, or holds
            weights or a size of pictures that do not fit.
    """
    decoder = DECODERS.get(checkpoint.model)
    if decoder is None:
        raise CaptionerError(
            f"{checkpoint.path}: expected one of the captioners {', '.join(DECODERS)}, found"
            f" {checkpoint.model!r}"
        )
    expected = build_on_meta(checkpoint, setting_names(decoder), _builder(checkpoint))
    size = expected.encoder.preprocessing.size
    if size != checkpoint.preprocessing.size:
        raise CaptionerError(
            f"{checkpoint.path}: expected pictures of {size} pixels, found"
            f" {checkpoint.preprocessing.size}"
        )


def load_model(checkpoint: Checkpoint) -> CaptionModel[Any]:
    """Return the captioning model of a checkpoint, in evaluation mode, ready to caption.

    Raises:
        CaptionerError: As :func:`check_model` does.
    """
    check_model(checkpoint)
    model = build_with_weights(checkpoint, _builder(checkpoint))
    model.encoder.preprocessing = checkpoint.preprocessing
    return model


def _builder(checkpoint: Checkpoint) -> Callable[[], CaptionModel[Any]]:
    decoder = DECODERS[checkpoint.model]
    return lambda: build_model(
        checkpoint.vocabulary, checkpoint.tokenizer, decoder, **checkpoint.architecture
    )
