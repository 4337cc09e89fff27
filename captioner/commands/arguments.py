"""The arguments of a command, or one sentence that says what is wrong with them.

Nothing heavy is imported here: commands that need no model start at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jsonargparse import ArgumentError, ArgumentParser, Namespace

from captioner.errors import CaptionerError


def explain(message: str) -> str:
    r"""Return the point of a parser's message in one sentence.

    Example:
        >>> explain("Parser key \"model\": Problem with given class_path 'a.LSTMCaptioner':"
        ...         " Option 'heads' is not accepted")
        "model: expected a setting of LSTMCaptioner, found the unknown 'heads'"
    """
    message = " ".join(message.split())
    keys = re.findall(r"Parser key ['\"]([^'\"]+)['\"]", message)
    key = ".".join(keys) or "settings"
    owner = re.search(r"given class_path '(?:[^']*\.)?(\w+)'", message)
    if unknown := re.search(r"(?:Option|Key) '([^']+)' is not (?:accepted|expected)", message):
        of = owner[1] if owner else key
        return f"{key}: expected a setting of {of}, found the unknown {unknown[1]!r}"
    if unknown := re.search(r"[Uu]nrecognized arguments: (\S+)", message):
        return f"{unknown[1]}: expected a known setting, found an unknown one"
    if wrong := re.search(
        r"Expected an? <class '(?:[\w.]*\.)?(\w+)'>\. Got value: (.*?)(?: - |$)", message
    ):
        return f"{key}: expected {_NAMES.get(wrong[1], wrong[1])}, found {wrong[2]!r}"
    if wrong := re.search(r"Expected a typing\.Literal\[(.*?)\]\. Got value: (\S+)", message):
        return f"{key}: expected one of {wrong[1]}, found {wrong[2]!r}"
    if missing := re.search(r"arguments are required: (?:fit\.|validate\.|test\.)?(.+)", message):
        return f"{missing[1]}: expected a value, found none"
    kinds = [
        kind for kind in re.findall(r"Expected an? <class '(\w+)'>", message) if kind in _NAMES
    ]
    given = re.search(r"Given value: (\S+)", message)
    if kinds and given:
        expected = " or ".join(dict.fromkeys(_NAMES[kind] for kind in kinds))
        return f"{key}: expected {expected}, found {given[1]!r}"
    if wrong := re.search(r"Expected a dot import path string: (\S+)", message):
        return f"{key}: expected the name of a class that exists, found {wrong[1]!r}"
    return re.sub(r" Given value type:.*", "", message)


_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list such as [one,two]",
    "Sequence": "a list such as [one,two]",
}


def parse(parser: ArgumentParser, argv: Sequence[str]) -> Namespace:
    """Return the settings in ``argv``; a mistake is one sentence, not a page of usage.

    Raises:
        CaptionerError: If an argument is missing, unknown or of the wrong type.
    """
    parser.exit_on_error = False
    try:
        return parser.parse_args(list(argv))
    except ArgumentError as error:
        raise CaptionerError(explain(str(error))) from None
