"""The names of captioners and controls, which are names of folders too."""

from __future__ import annotations

from collections.abc import Mapping

from captioner.errors import CaptionerError

_LONGEST = 200  # bytes; file systems take 255


def check_names(models: Mapping[str, object], controls: Mapping[str, object]) -> None:
    r"""Refuse names that no folder can have, and those that two would have in common.

    Args:
        models: The captioners by name, as someone wrote them.
        controls: The controls by name.

    Raises:
        CaptionerError: If a name is not text, is empty, too long or not printable, leads to another
            folder, or is that of two, no matter whether in small or capital letters.

    Example:
        >>> check_names({"LSTM": "lstm.yaml"}, {"blind": "lstm.yaml"})
        >>> check_names({"LSTM": "lstm.yaml"}, {"lstm": "lstm.yaml"})
        Traceback (most recent call last):
        captioner.errors.CaptionerError: controls: expected another name than 'LSTM', found 'lstm'
    """
    seen: dict[str, str] = {}
    for key, names in (("models", models), ("controls", controls)):
        for name in names:
            if not isinstance(name, str):
                raise CaptionerError(
                    f"{key}: expected names that are text, if need be in quotes, found {name!r}"
                )
            if not _is_folder(name):
                raise CaptionerError(
                    f"{key}: expected names that folders can have, of at most {_LONGEST} bytes,"
                    f" without / and \\ and control characters, found {name!r}"
                )
            # On some file systems the folders of a and A are one.
            if (other := seen.get(name.casefold())) is not None:
                raise CaptionerError(f"{key}: expected another name than {other!r}, found {name!r}")
            seen[name.casefold()] = name


def _is_folder(name: str) -> bool:
    printable = name.isprintable() and not set(name) & {"/", "\\"}
    return printable and name not in ("", ".", "..") and len(name.encode()) <= _LONGEST
