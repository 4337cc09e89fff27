"""Preflight checks: mistakes in the settings of a run that can be told without Lightning.

To import that takes seconds.

What is refused here the parser of the run refuses too, in the same words; what is not known for
sure is left to that one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from jsonargparse import ArgumentParser

from captioner.commands.parsing.arguments import (
    did_you_mean,
    option_names,
    parse_arguments,
    unknown_setting,
)
from captioner.commands.parsing.config_files import config_files, resolve_config_files
from captioner.commands.parsing.constructor_arguments import constructor_arguments, scalar_type
from captioner.commands.parsing.word_lists import load
from captioner.errors import CaptionerError
from captioner.files import check_file
from captioner.shutdown import is_other_rank

CLASS_GROUPS = ("trainer", "model", "data")
"""Settings of these are the arguments of classes."""

LIGHTNING_NAMES = ("config", "print_config", "help", "seed_everything", "ckpt_path")
"""What its command line adds; known by name, not read."""

_OF_CLASSES = ("class_path", "init_args", "dict_kwargs")
_NONE = ("null", "Null", "NULL", "~")  # what YAML calls nothing


class Flag(NamedTuple):
    """Command-line flag with its value, as it stands among arguments.

    Attributes:
        name: Without dashes, and without a plus behind it.
        value: What is given for it; None if nothing follows.
        words: The arguments that it takes up.
    """

    name: str
    value: str | None
    words: tuple[str, ...]


def preflight_check(
    argv: Sequence[str],
    *add: Callable[[ArgumentParser], None],
    checkpoints: Sequence[str],
) -> None:
    """Refuse unknown settings, wrong values of those of the run, and files that are missing.

    Of several processes of a run, the first one speaks for all.

    Args:
        argv: The command and its arguments.
        add: What adds the settings of the run to a parser.
        checkpoints: Settings of which the first that is given names a checkpoint that is read.

    Raises:
        CaptionerError: If a setting is unknown or of the wrong type, or a settings file or a
            checkpoint is missing.
    """
    if is_other_rank():
        return
    files = config_files(resolve_config_files(argv))
    if _asks_for_help(argv):
        return
    flags = list(_flags(argv[1:]))
    parser = ArgumentParser(allow_abbrev=False)
    for each in add:
        each(parser)
    contents = [load(file.read_text(encoding="utf-8")) for file in files]
    classes = {group: _classes(group, flags, contents) for group in CLASS_GROUPS}
    for number in range(len(contents)):
        _check_names(contents[: number + 1], classes, parser)
    plain: list[str] = []
    for flag in flags:
        group, dot, _ = flag.name.partition(".")
        if group not in (*CLASS_GROUPS, *LIGHTNING_NAMES):
            plain += flag.words
        elif group in CLASS_GROUPS and dot:
            plain += _class_argument(flag, classes[group], parser)
    parse_arguments(parser, plain, partial(_known_names, parser))
    if not any(flag.name == "print_config" for flag in flags):
        _check_checkpoint(flags, contents, checkpoints)


def _class_argument(flag: Flag, classes: Sequence[str], parser: ArgumentParser) -> list[str]:
    """Return an argument of a class for the parser, which learns its type, if that is a scalar.

    Args:
        flag: Such as ``--data.batch_size``.
        classes: The classes that it may belong to.
        parser: What knows the settings of the run.

    Raises:
        CaptionerError: If none of the classes takes it.
    """
    group, _, setting = flag.name.partition(".")
    name = setting.removeprefix("init_args.").partition(".")[0]
    if name not in _OF_CLASSES and _is_unknown(group, name, classes):
        raise _unknown(flag.words[0], group, name, classes, parser)
    kinds = {scalar_type(group, each, setting) for each in classes}
    if flag.value is None or len(kinds) != 1 or None in kinds:
        return []
    if flag.name not in option_names(parser):
        parser.add_argument(f"--{flag.name}", type=kinds.pop())
    return [f"--{flag.name}={flag.value}"]


def _flags(argv: Sequence[str]) -> Iterator[Flag]:
    """Yield the settings among arguments; those of a single dash are short for some of Lightning's.

    Example:
        >>> [flag.words for flag in _flags(["--name", "lstm", "--patience=3", "--", "--name=x"])]
        [('--name', 'lstm'), ('--patience=3',)]
    """
    for index, word in enumerate(argv):
        if word == "--":
            return
        name, equals, value = word.partition("=")
        if not name.startswith("--") or " " in name:
            continue
        following = argv[index + 1 : index + 2]
        taken = () if equals or not following or following[0].startswith("--") else following[:1]
        given = value if equals else next(iter(taken), None)
        yield Flag(name.removeprefix("--").removesuffix("+"), given, (word, *taken))


def _asks_for_help(argv: Sequence[str]) -> bool:
    return any(
        word in ("-h", "--help") or word.partition("=")[0].endswith(".help") for word in argv
    )


def _check_names(
    contents: Sequence[Mapping[str, Any]],
    classes: Mapping[str, list[str]],
    parser: ArgumentParser,
) -> None:
    """Refuse names in a settings file that no setting has, as far as that is known for sure.

    Args:
        contents: Of the file, last, and of those that are read before it.
        classes: Group of settings -> the names of its classes in the whole run.
        parser: What knows the settings of the run.
    """
    *_, content = contents
    known = {*option_names(parser), *LIGHTNING_NAMES}
    for name, value in content.items():
        group, dot, setting = str(name).partition(".")
        if group == "trainer":
            found = {setting: value} if dot else value
        elif group in CLASS_GROUPS:
            found = {} if dot else _arguments(value)
        else:
            if (path := _first_unknown(str(name), value, known)) is not None:
                raise CaptionerError(unknown_setting(path, _known_names(parser)))
            continue
        own = value.get("class_path") if isinstance(value, Mapping) else None
        owners = [own] if isinstance(own, str) else classes[group]
        for each in found if isinstance(found, Mapping) else ():
            top = str(each).partition(".")[0]
            if _is_unknown(group, top, owners):
                before = _classes(group, (), contents) or classes[group]
                raise _unknown(f"{group}.{each}", group, top, before, parser)


def _arguments(value: Any) -> Any:
    """Return what a file says of the arguments of a class; nothing where that is not clear.

    Example:
        >>> _arguments({"class_path": "CocoDataModule", "init_args": {"limit": 3}})
        {'limit': 3}
        >>> _arguments({"limit": 3}), _arguments("CocoDataModule")
        ({'limit': 3}, {})
    """
    if not isinstance(value, Mapping):
        return {}
    return value.get("init_args") if value.keys() & {*_OF_CLASSES} else value


def _first_unknown(path: str, value: Any, known: Collection[str]) -> str | None:
    """Return the first name at or below a path in a file that is none of a setting, if any is.

    Example:
        >>> _first_unknown("search", {"beams": 3, "beems": 5}, ["search.beams"])
        'search.beems'
    """
    if isinstance(value, Mapping):
        below = (_first_unknown(f"{path}.{name}", each, known) for name, each in value.items())
        return next(filter(None, below), None)
    return None if path in known else path


def _is_unknown(group: str, name: str, classes: Sequence[str]) -> bool:
    """Return whether none of some classes takes an argument, if all of them are known."""
    found = [constructor_arguments(group, each) for each in classes]
    return bool(found) and None not in found and not any(name in each for each in found if each)


def _unknown(
    word: str, group: str, name: str, classes: Sequence[str], parser: ArgumentParser
) -> CaptionerError:
    """Return what is to be said of an argument that no class of a group takes."""
    if group == "trainer":  # whose settings are those of the run's parser
        return CaptionerError(unknown_setting(word, _known_names(parser)))
    *_, last = classes
    return CaptionerError(
        f"{group}: expected a setting of {last.rpartition('.')[2]}, found the unknown {name!r}"
        + did_you_mean(name, constructor_arguments(group, last) or ())
    )


def _classes(group: str, flags: Sequence[Flag], contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the classes that a group of settings belongs to; none if one is unclear.

    Args:
        group: One of ``CLASS_GROUPS``.
        flags: The settings among the arguments.
        contents: Those in files.
    """
    if group == "trainer":
        return ["Trainer"]
    if any(str(name).startswith(f"{group}.") for content in contents for name in content):
        return []
    written = [content[group] for content in contents if group in content]
    own = [value for value in written if not isinstance(value, Mapping) or "class_path" in value]
    named = [value["class_path"] if isinstance(value, Mapping) else value for value in own]
    named += [flag.value for flag in flags if flag.name in (group, f"{group}.class_path")]
    clear = [name for name in named if isinstance(name, str) and name]
    return clear if len(clear) == len(named) else []


def _known_names(parser: ArgumentParser) -> list[str]:
    """Return what the settings of a run may be called, as far as that is known by name."""
    trainer = constructor_arguments("trainer", "Trainer") or ()
    groups = (*CLASS_GROUPS, *LIGHTNING_NAMES)
    return [*option_names(parser), *groups, *(f"trainer.{name}" for name in trainer)]


def _check_checkpoint(
    flags: Sequence[Flag], contents: Sequence[Mapping[str, Any]], checkpoints: Sequence[str]
) -> None:
    """Refuse a checkpoint that is not there; one that a file names is left to who reads it."""
    for name in checkpoints:
        given = [flag.value for flag in flags if flag.name == name]
        if any(name in content for content in contents):
            return
        if given:
            if given[-1] and given[-1] not in _NONE:
                check_file(Path(given[-1]), "a checkpoint file")
            return
