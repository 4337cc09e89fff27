"""Conversion to strict JSON: objects, lists, finite numbers, text and null."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def to_plain(value: Any) -> Any:
    """Return a structure of dataclasses and named tuples as nested dictionaries and lists.

    Numbers keep every digit; what is no number (NaN, infinite) becomes None. Keys become text.
    Bytes, which are pictures, become True: there is one.

    Example:
        >>> from captioner.comparison.results import Interval
        >>> to_plain({0.5: Interval(1.0, float("nan"), 2.0)})
        {'0.5': {'value': 1.0, 'low': None, 'high': 2.0}}
        >>> to_plain({"LSTM": b"picture"})
        {'LSTM': True}
    """
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return True
    if is_dataclass(value):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value
