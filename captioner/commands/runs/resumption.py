"""Resuming a run: settings that its command names, and else those it was trained with so far."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import captioner.callbacks
from captioner.checkpoints.checkpoint_file import CheckpointFile
from captioner.commands.lightning_cli.compatibility import import_class
from captioner.commands.runs.recorded_settings import format_setting, from_plain_value
from captioner.commands.runs.run_folder import run_folder_of
from captioner.commands.runs.training_settings import (
    flatten_settings,
    is_training_setting,
)
from captioner.errors import CaptionerError

_IGNORED = {
    "seed_everything": "random numbers go on where they were",
    "model.encoder_weights": "the weights are those of the checkpoint",
    "model.bilm_weights": "the weights are those of the checkpoint",
    "data.tokenizer": "the words are those of the checkpoint",
    "data.min_count": "the words are those of the checkpoint",
}
_TRAINED_PARTS = ("model.train_encoder_from", "model.train_bilm")
"""What decides for which weights an optimizer has gathered anything."""


@dataclass(frozen=True)
class Resumption:
    """Settings that a run resumes with, and what a user should know of them.

    Attributes:
        settings: Settings that the command did not name, as a parser takes them.
        ignored: Sentences on what the command names without effect.
        recorded: Training settings so far, as far as the checkpoint records them.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    recorded: dict[str, Any] = field(default_factory=dict)

    def announce(self, settings: Mapping[str, Any]) -> None:
        """Print which settings differ from the training so far, and which have no effect.

        Args:
            settings: Training settings that the run goes on with.
        """
        if changed := changed_settings(self.recorded, settings):
            print(f"Settings that change here: {', '.join(changed)}")
        for sentence in self.ignored:
            print(f"captioner: {sentence}", file=sys.stderr)


def resume(
    checkpoint: CheckpointFile, settings: Mapping[str, Any], named: Mapping[str, Any]
) -> Resumption:
    """Return the settings that a run resumes with, once it is known that it can.

    Args:
        checkpoint: What it goes on from.
        settings: All settings of the command, defaults included.
        named: Those that the command names, in files and on the command line.

    Raises:
        CaptionerError: If the command names another architecture, or other parts to train.
    """
    given = dict(flatten_settings(named))
    for name, found, expected in _other_architecture(checkpoint, settings, given):
        raise CaptionerError(
            f"{name}: expected {expected}, as in {checkpoint.path}, found {found}; a run goes on"
            " with its architecture, --init_from starts a new run from its weights"
        )
    now = dict(flatten_settings(settings))
    kept, ignored = _run_location(checkpoint, settings, given)
    recorded = dict(checkpoint.about.get("training") or {})
    model = import_class(settings["model"]["class_path"])
    for name, value in recorded.items():
        if not is_training_setting(name, model) or _is_unsafe(name, value):
            continue
        is_named = any(_is_same_or_within(name, each) for each in given)
        if is_named and now.get(name) != value:
            ignored += _refused_or_ignored(
                checkpoint, name, format_setting(value), format_setting(now.get(name))
            )
        if name in _IGNORED:
            is_named = name.endswith("weights")  # which come from where they came from before
        if is_named or not _is_known(name, now) or _is_set_elsewhere(name, given):
            continue
        if name == "trainer.callbacks":
            kept[name], others = _callbacks(value)
            ignored += others
        else:
            kept[name] = value
    taken = _nested(kept)
    for part in taken.keys() & {"model", "data"}:
        taken[part]["class_path"] = settings[part]["class_path"]
    return Resumption(taken, tuple(ignored), recorded)


def initialize_from(
    checkpoint: CheckpointFile, settings: Mapping[str, Any], named: Mapping[str, Any]
) -> Resumption:
    """Return what a new run from a checkpoint's weights takes besides: the architecture alone.

    Args:
        checkpoint: What it starts from.
        settings: As :func:`resume` takes them.
        named: Likewise.
    """
    given = dict(flatten_settings(named))
    ignored = (
        f"{name}: {found} has no effect; {expected}, as in {checkpoint.path}, does"
        for name, found, expected in _other_architecture(checkpoint, settings, given)
    )
    return Resumption(ignored=tuple(ignored))


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs between two records of training settings, each as ``name old -> new``.

    Example:
        >>> changed_settings({"model.learning_rate": 5e-4, "patience": 5},
        ...         {"model.learning_rate": 1e-6, "patience": 5})
        ['model.learning_rate 0.0005 -> 1e-06']
    """
    return [
        f"{name} {format_setting(before.get(name))} -> {format_setting(after.get(name))}"
        for name in {**before, **after}
        if name not in _IGNORED and _is_known(name, before) and before.get(name) != after.get(name)
    ]


def _other_architecture(
    checkpoint: CheckpointFile, settings: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield names of architecture that differs, what the command says and what the file does."""
    model = import_class(settings["model"]["class_path"])
    architecture = {**model.later_settings, **checkpoint.architecture}
    for name, found in given.items():
        part, _, setting = name.partition(".")
        if part != "model" or setting not in architecture:
            continue
        expected = dict(flatten_settings({"_": architecture[setting]}))["_"]
        if not model.is_same_setting(setting, found, expected):
            yield name, format_setting(found), format_setting(expected)


def _run_location(
    checkpoint: CheckpointFile, settings: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return where a run goes on, as settings, and sentences on what has no effect."""
    run = run_folder_of(checkpoint.path)
    if run is None or not {"runs_dir", "name"} <= settings.keys():
        return {}, []
    folder, runs = run.parent, Path(settings["runs_dir"]).resolve()
    within = folder.is_relative_to(runs) and folder != runs
    name = folder.relative_to(runs).as_posix() if within else folder.name
    kept = {"name": name} if within else {"name": name, "runs_dir": str(folder.parent)}
    differs = [key for key in kept if key in given and settings[key] != kept[key]]
    return kept, [
        f"{key}: {settings[key]} has no effect on a run that goes on; its folder is {run}"
        for key in differs
    ]


def _refused_or_ignored(
    checkpoint: CheckpointFile, name: str, expected: str, found: str
) -> Iterator[str]:
    """Yield a sentence on what cannot take effect, if that is so.

    Raises:
        CaptionerError: If the run cannot go on with it.
    """
    if name in _TRAINED_PARTS:
        raise CaptionerError(
            f"{name}: expected {expected}, as {checkpoint.path} was trained, found {found};"
            " --init_from starts a new run from its weights"
        )
    if reason := _IGNORED.get(name):
        yield f"{name}: {found} has no effect on a run that goes on; {reason}"


def _is_set_elsewhere(name: str, given: Mapping[str, Any]) -> bool:
    """Return whether a record has no say in a setting: precision, steps of another length."""
    if name == "trainer.max_steps":
        return bool(given.get("trainer.max_epochs", -1) != -1)
    return name == "trainer.precision"


def _is_unsafe(name: str, value: Any) -> bool:
    """Return whether a value could make a parser import what a file names; callbacks aside."""
    if name.startswith("trainer.callbacks."):  # they are one setting
        return True
    return name != "trainer.callbacks" and "class_path" in f"{name} {value}"


def _callbacks(recorded: Any) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """Return which callbacks a file may have made again, and sentences on the others."""
    own, others = [], []
    listed = from_plain_value(recorded)
    for each in listed if isinstance(listed, list) else []:
        path = str(each.get("class_path")) if isinstance(each, dict) else str(each)
        package, _, name = path.rpartition(".")
        known = package == captioner.callbacks.__name__ and name in captioner.callbacks.__all__
        if known and "class_path" not in str(each.get("init_args")):
            own.append(each)
        else:
            others.append(
                f"trainer.callbacks: {path} was one of the run's; name it to have it go on"
            )
    return own or None, others


def _is_same_or_within(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _is_known(name: str, settings: Mapping[str, Any]) -> bool:
    """Return whether there is such a setting: records may be of another version."""
    head = ".".join(name.split(".")[:2])
    return any(_is_same_or_within(head, each) for each in settings)


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by name as a parser takes them."""
    nested: dict[str, Any] = {}
    for name, value in settings.items():
        part, *rest = name.split(".")
        path = [part, *(["init_args"] if part in ("model", "data") else []), *rest]
        target = nested
        for step in path[:-1]:
            target = target.setdefault(step, {})
        target[path[-1]] = value
    return nested
