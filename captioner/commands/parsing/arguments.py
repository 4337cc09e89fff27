"""Argument parsing with jsonargparse: settings, or one sentence on what is wrong with them.

Nothing heavy is imported here: commands that need no model start at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from jsonargparse import ArgumentError, ArgumentParser, Namespace

from captioner.errors import CaptionerError


def explain_parser_error(message: str) -> str:
    r"""Return a parser's error message as one sentence: key, expected, found.

    Example:
        >>> explain_parser_error("Parser key \"model\": Problem with given class_path"
        ...                      " 'a.LSTMCaptioner': Option 'heads' is not accepted")
        "model: expected a setting of LSTMCaptioner, found the unknown 'heads'"
    """
    message = " ".join(message.split())
    # Each of several types that were tried names the same keys.
    keys = list(dict.fromkeys(re.findall(r"Parser key ['\"]([^'\"]+)['\"]", message)))
    key = ".".join(keys) or "settings"
    if unknown := _unknown(message, ".".join(keys)):
        return unknown
    if "Expected an instantiatable class" in message:
        return f"{key}: expected the name of a class before its settings, found none"
    if wrong := re.search(
        r"Expected an? <class '(?:[\w.]*\.)?(\w+)'>\. Got value: (.*?)(?: - |$)", message
    ):
        return f"{key}: expected {_NAMES.get(wrong[1], wrong[1])}, found {wrong[2]!r}"
    if wrong := re.search(r"Expected a typing\.Literal\[(.*?)\]\. Got value: (\S+)", message):
        return f"{key}: expected one of {wrong[1]}, found {wrong[2]!r}"
    if missing := re.search(
        r"arguments are required: (?:fit\.|validate\.|test\.)?([^ ,]+)", message
    ):
        return f"{'.'.join([*keys, missing[1]])}: expected a value, found none"
    if wrong := re.search(r"Not of type timedelta: .*? but got \"(.*?)\"", message):
        return f"{key}: expected hours, minutes and seconds such as 1:30:00, found {wrong[1]!r}"
    if wrong := re.search(
        r"Not of type (\w+): (?:[\w ()]*: )?"  # "invalid literal for int() with base 10: 'x'"
        r"(?:('.*?'|\S+)(?: does not conform| not an| - |$)|.*Given value: (\S+))",
        message,
    ):
        kind = _NAMES.get(wrong[1], wrong[1])
        return f"{key}: expected {kind}, found {wrong[2] or wrong[3]}"
    if wrong := re.search(_NO_CLASS, message):
        found = next(filter(None, wrong.groups()))
        return f"{key}: expected the name of a class that exists, found {found!r}"
    return _of_several_types(message, key) or re.sub(r" Given value type:.*", "", message)


def explain_constructor_error(message: str) -> str | None:
    r"""Return why a constructor has refused its arguments; None if a message says no such thing.

    Args:
        message: Of what a parser raises when it builds what it has parsed.

    Example:
        >>> explain_constructor_error(
        ...     "Does not validate against any of the Union subtypes\nErrors:\n"
        ...     "  - `mode` is max or min\n  - Expected a <class 'NoneType'>\nGiven value type: x\n"
        ...     "Given value: Namespace(class_path='a.Stopping', init_args=Namespace())")
        'Stopping: `mode` is max or min'
    """
    listed = re.search(r"Union subtypes.*?Errors:\n(.*?)\nGiven value type", message, re.DOTALL)
    if listed is None:
        return None
    problem = r"Problem with given class_path '[^']*':\s+"
    reasons = re.split(r"^  - ", re.sub(problem, "", listed[1]), flags=re.MULTILINE)
    told = (" ".join(reason.split()) for reason in reasons if reason)
    owners = re.findall(r"class_path='(?:[\w.]*\.)?(\w+)'", message)
    owner = owners[0] if len(set(owners)) == 1 else "trainer"
    unlike = ("Expected a", "Not a valid subclass")  # the other types that were tried
    return next((f"{owner}: {each}" for each in told if not each.startswith(unlike)), None)


def _unknown(message: str, key: str) -> str | None:
    """Return which name no setting has, if the message says so."""
    owner = re.search(r"given class_path '(?:[^']*\.)?(\w+)'", message)
    name = re.search(r"(?:Option|Key) '([^']+)' is not (?:accepted|expected)", message)
    if name and key:
        of = owner[1] if owner else key
        return f"{key}: expected a setting of {of}, found the unknown {name[1]!r}"
    name = name or re.search(r"[Uu]nrecognized arguments: (\S+)", message)
    name = name or re.search(r"Subcommand .* does not accept option '(.+)'", message)
    group = re.search(r"Group '(.+)' does not accept option '(.+)'", message)
    path = ".".join(group.groups()) if group else name and name[1]
    return f"{path}: {_UNKNOWN}" if path else None


def _of_several_types(message: str, key: str) -> str | None:
    """Return what a setting that may be of several types should be, if the message says so."""
    given = re.search(r"Given value: (\S+)", message)
    if given and (kinds := _kinds(message)):
        return f"{key}: expected {' or '.join(kinds)}, found {given[1]!r}"
    if wrong := re.search(r"Unable to load config ['\"](.*?)['\"]", message):
        return f"{key}: expected settings or a file of settings, found {wrong[1]!r}"
    wrong = re.search(r"(?:import path \w+|Got value|Given value): (.*?)(?: - | Sub|$)", message)
    if wrong and re.search("import path|Not a valid subclass of", message):
        return f"{key}: expected the name of a class that exists, found {wrong[1]!r}"
    return None


def _kinds(message: str) -> list[str]:
    """Return in words what each of several types that were tried expects."""
    expected = r"Expected an? (?:<class '(\w+)'>|typing\.Literal\[(.*?)\])|(expects a function)"
    named = (
        _NAMES.get(kind) or (words and f"one of {words}") or (function and "the name of a function")
        for kind, words, function in re.findall(expected, message)
    )
    return list(dict.fromkeys(filter(None, named)))


_UNKNOWN = "expected a known setting, found an unknown one"
# Of several types one of which is a class: a word, a module that is not there, another class.
_NO_CLASS = (
    r"Expected a dot import path string: (\S+)"
    r"|given class_path '([^']+)': (?:module|No module)"
    r"|Import path does not correspond to a subclass .* Given value: (\S+)"
)
_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "PositiveInt": "a whole number above 0",
    "NonNegativeInt": "a whole number from 0",
    "PositiveFloat": "a number above 0",
    "dict": "pairs such as {name: value}",
    "Words": "a list such as [one,two]",
    "list": "a list such as [one,two]",
    "Sequence": "a list such as [one,two]",
}


def did_you_mean(name: str, names: Iterable[str], dashes: str = "") -> str:
    """Return the end of a sentence on an unknown name: the known name that is most like it.

    Args:
        name: The unknown name.
        names: Those that there are.
        dashes: What stands before the known one.

    Example:
        >>> did_you_mean("beems", ["beams", "captions"]), did_you_mean("beems", ["captions"])
        ('; near it is beams', '')
    """
    found = get_close_matches(name, names, 1, 0.75)
    return f"; near it is {dashes}{found[0]}" if found else ""


def unknown_setting(word: str, names: Iterable[str]) -> str:
    """Return the error sentence on an unknown argument, or an unknown name in a file.

    Args:
        word: The argument or name.
        names: Of the settings that there are, without dashes.

    Example:
        >>> unknown_setting("--beems=3", ["beams", "captions"])
        '--beems=3: expected a known setting, found an unknown one; near it is --beams'
    """
    dashes = "--" if word.startswith("--") else ""
    name = word.removeprefix(dashes).partition("=")[0]
    return f"{word}: {_UNKNOWN}{did_you_mean(name, names, dashes)}"


def option_names(parser: ArgumentParser) -> list[str]:
    """Return the names of the settings that a parser knows, without dashes."""
    found = parser._option_string_actions
    return [name[2:] for name in found if name.startswith("--") and not name.endswith("+")]


def parse_arguments(
    parser: ArgumentParser, argv: Sequence[str], names: Callable[[], Iterable[str]] | None = None
) -> Namespace:
    """Return the settings in ``argv``; a mistake is one sentence, not a page of usage.

    Args:
        parser: What knows the settings.
        argv: The arguments.
        names: Returns what a misspelt setting may have been meant to be; those that the parser
            knows by default.

    Raises:
        CaptionerError: If an argument is missing, unknown or of the wrong type.
    """
    parser.exit_on_error = False
    try:
        return parser.parse_args(list(argv))
    except ArgumentError as error:
        sentence = explain_parser_error(str(error))
        if unknown := re.fullmatch(rf"(.*): {_UNKNOWN}", sentence):
            known = option_names(parser) if names is None else names()
            sentence = unknown_setting(unknown[1], known)
        raise CaptionerError(sentence) from None
