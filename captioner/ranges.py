"""Ranges of model settings: values outside are refused by name, before anything is built."""

from __future__ import annotations

import math

from captioner.errors import CaptionerError

# Name -> (least, greatest, whether the greatest is allowed).
_RANGES: dict[str, tuple[float, float, bool]] = {
    "attention_dropout": (0, 1, False),
    "attention_penalty": (0, math.inf, False),
    "attention_size": (1, 1 << 16, True),
    "cell_size": (1, 1 << 16, True),
    "character_size": (1, 1 << 16, True),
    "dropout": (0, 1, False),
    "elmo_gamma": (0, math.inf, False),
    "elmo_penalty": (0, math.inf, False),
    "embedding_size": (1, 1 << 16, True),
    "encoder_layers": (0, 64, True),
    "encoder_learning_rate": (0, math.inf, False),
    "feed_forward_size": (1, 1 << 18, True),
    "heads": (1, 1 << 10, True),
    "hidden_size": (1, 1 << 16, True),
    "highways": (0, 64, True),
    "image_size": (1, 2048, True),
    "label_smoothing": (0, 1, False),
    "layers": (1, 64, True),
    "learning_rate": (0, math.inf, False),
    "max_characters": (3, 1 << 10, True),
    "projection_size": (1, 1 << 16, True),
    "warmup_steps": (0, math.inf, False),
    "weight_decay": (0, math.inf, False),
    "width": (1, 1 << 16, True),
}


def check_ranges(**settings: float | None) -> None:
    """Check that settings lie in the ranges of their names.

    Args:
        settings: Values; None stands for a default and is not checked.

    Raises:
        CaptionerError: If a value lies outside the range of its name.

    Example:
        >>> check_ranges(dropout=0.5, image_size=None)
        >>> check_ranges(dropout=1.0)
        Traceback (most recent call last):
        captioner.errors.CaptionerError: model.dropout: expected 0 to below 1, found 1.0
    """
    for name, value in settings.items():
        least, greatest, included = _RANGES[name]
        if value is None or least <= value < greatest or (included and value == greatest):
            continue
        if greatest == math.inf:
            expected = f"at least {least:g}"
        else:
            expected = f"{least:g} to {'' if included else 'below '}{greatest:g}"
        raise CaptionerError(f"model.{name}: expected {expected}, found {value}")
