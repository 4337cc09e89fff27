"""Recorded settings: values of settings as the plain types that a checkpoint holds, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_plain_value(value: Any) -> Any:
    """Return the value of a setting as plain types, for a checkpoint.

    Example:
        >>> to_plain_value([{"class_path": "EMA"}])
        '[{"class_path": "EMA"}]'
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and not any(isinstance(item, Mapping) for item in value):
        return [to_plain_value(item) for item in value]
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, default=str)
    return str(value)


def from_plain_value(plain: Any) -> Any:
    """Return the value of a setting that ``to_plain_value`` was given.

    Example:
        >>> from_plain_value('[{"class_path": "EMA"}]'), from_plain_value("cosine")
        ([{'class_path': 'EMA'}], 'cosine')
    """
    if not isinstance(plain, str) or plain[:2] not in ("[{", "{}"):
        return plain
    try:
        return json.loads(plain)
    except ValueError:  # a file may say anything; what is no setting is refused where it is used
        return plain


def format_setting(plain: Any) -> str:
    """Return a recorded value as text for a user.

    Example:
        >>> format_setting(1e-6), format_setting(None)
        ('1e-06', 'none')
        >>> format_setting('[{"class_path": "captioner.callbacks.EMA", "init_args": {"decay": 1}}]')
        'EMA(decay=1)'
    """
    value = from_plain_value(plain)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return "none" if value is None else str(value)
    shown = []
    for item in value:
        arguments = (f"{name}={each}" for name, each in (item.get("init_args") or {}).items())
        shown.append(f"{str(item.get('class_path')).rpartition('.')[2]}({', '.join(arguments)})")
    return ", ".join(shown) or "none"
