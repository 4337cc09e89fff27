"""One clear sentence instead of what libraries print."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import yaml
from jsonargparse import ArgumentError, ArgumentParser, Namespace
from lightning.fabric.utilities.exceptions import MisconfigurationException

from captioner.errors import CaptionerError

# What lightning and jsonargparse say about themselves, not about the user's run.
_NOISE = (
    r".*isinstance\(treespec, LeafSpec\)",
    r".*was deprecated in v4",
    r".*JsonargparseDeprecationWarning",
    r".*skip_none parameter",
    r"Found \d+ module\(s\) in eval mode",  # the frozen encoder is meant to be
    r"The number of training batches .* is smaller than the logging interval",
    r"Experiment logs directory .* exists",  # a resumed run goes on in its own folder
    r"The '\w+_dataloader' does not have many workers",  # memory-mapped tokens need none
    r"Checkpoint directory .* exists",
    r"It is recommended to use `self\.log\(.*sync_dist",  # scores are gathered already
)
# What matters to a run that goes on, and nothing to the weights that are evaluated.
_NOISE_OF_EVALUATION = (
    r"Be aware that when using `ckpt_path`, callbacks used to create",
    r"You're using the WeightAveraging callback, but loading a checkpoint outside",
)


def quieten(*, evaluating: bool = False) -> None:
    """Silence messages that tell a user nothing about the run.

    Args:
        evaluating: The run only evaluates a checkpoint.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    # all it says is that a process of several was killed
    logging.getLogger("lightning.fabric.strategies.launchers").setLevel(logging.INFO)
    for message in _NOISE + (_NOISE_OF_EVALUATION if evaluating else ()):
        warnings.filterwarnings("ignore", message=message)


def own_error(error: BaseException) -> CaptionerError | None:
    """Return what a user can be told of an error in settings, or None if it is none.

    Parsers wrap the errors of constructors; the innermost one of ours is what happened.
    """
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, CaptionerError):
            return found
        found = found.__cause__ or found.__context__
    if isinstance(error, MisconfigurationException):
        return CaptionerError("trainer: " + " ".join(str(error).split()))
    if isinstance(error, OSError) and error.filename is not None:
        return CaptionerError(f"{error.filename}: {error.strerror}")
    if "different number of parameter groups" in str(error):
        return CaptionerError(
            "model.train_encoder_from: expected the same trained parts as in the checkpoint that"
            " training goes on from, found others"
        )
    return CaptionerError(explain(str(error))) if isinstance(error, ArgumentError) else None


def check_config_files(argv: Sequence[str]) -> None:
    """Refuse settings files that are missing or not YAML, by name; parsers do not name them.

    Args:
        argv: Arguments, of which those after ``--config`` or ``-c`` are files.

    Raises:
        CaptionerError: If a file is not there or not YAML.
    """
    words = [part for word in argv for part in word.split("=", 1)]
    for flag, name in pairwise(words):
        if flag not in ("--config", "-c"):
            continue
        try:
            yaml.safe_load(Path(name).read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise CaptionerError(f"{name}: expected YAML, found {reason}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise CaptionerError(f"{name}: expected a YAML file, found none ({error})") from None


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
        of = owner[1] if owner else f"{key}"
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
