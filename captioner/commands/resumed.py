"""What a run goes on with: what its command names, and else what it was trained with so far."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import captioner.callbacks
from captioner.checkpoint_file import CheckpointFile
from captioner.commands.pairing import find_class
from captioner.commands.training_settings import every_setting, show, training_settings, value_of
from captioner.errors import CaptionerError

_WITHOUT_EFFECT = {
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
    """Hold what a run goes on with.

    Attributes:
        settings: Settings that the command did not name, as a parser takes them.
        without_effect: Sentences on what the command names in vain.
        recorded: Training settings so far, as far as the checkpoint records them.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    without_effect: tuple[str, ...] = ()
    recorded: dict[str, Any] = field(default_factory=dict)

    def announce(self, settings: Mapping[str, Any]) -> None:
        """Tell the user what differs from the training so far, and what has no effect.

        Args:
            settings: Training settings that the run goes on with.
        """
        if changed := changes(self.recorded, settings):
            print(f"Settings that change here: {', '.join(changed)}")
        for sentence in self.without_effect:
            print(f"captioner: {sentence}", file=sys.stderr)


def resume(
    checkpoint: CheckpointFile, settings: Mapping[str, Any], named: Mapping[str, Any]
) -> Resumption:
    """Return what a run goes on with, once it is known that it can.

    Args:
        checkpoint: What it goes on from.
        settings: All settings of the command, defaults included.
        named: Those that the command names, in files and on the command line.

    Raises:
        CaptionerError: If the command names another architecture, or other parts to train.
    """
    given = dict(every_setting(named))
    _refuse_other_architecture(checkpoint, given, find_class(settings["model"]["class_path"]))
    now = training_settings(settings)
    kept: dict[str, Any] = {}
    vain = []
    recorded = dict(checkpoint.about.get("training") or {})
    for name, value in recorded.items():
        is_named = any(_is_same_or_within(name, each) for each in given)
        differs = is_named and now.get(name) != value
        if name in _TRAINED_PARTS and differs:
            raise CaptionerError(
                f"{name}: expected {show(value)}, as {checkpoint.path} was trained, found"
                f" {show(now.get(name))}; --init_from starts a new run from its weights"
            )
        if reason := _WITHOUT_EFFECT.get(name):
            if _is_known(name, now) and not name.endswith("weights"):
                kept[name] = value
            if differs:
                vain.append(
                    f"{name}: {show(now.get(name))} has no effect on a run that goes on; {reason}"
                )
        elif name == "trainer.callbacks" and not is_named:
            own, others = _callbacks(value)
            kept[name] = own
            vain += [
                f"trainer.callbacks: {other} was one of the run's; name it to have it go on"
                for other in others
            ]
        elif name != "trainer.precision" and not is_named and _is_known(name, now):
            kept[name] = value_of(value)
    taken = _nested(kept)
    for part in taken.keys() & {"model", "data"}:
        taken[part]["class_path"] = settings[part]["class_path"]
    return Resumption(taken, tuple(vain), recorded)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs between two records of training settings, each as ``name old -> new``.

    Example:
        >>> changes({"model.learning_rate": 5e-4, "patience": 5},
        ...         {"model.learning_rate": 1e-6, "patience": 5})
        ['model.learning_rate 0.0005 -> 1e-06']
    """
    return [
        f"{name} {show(before.get(name))} -> {show(after.get(name))}"
        for name in {**before, **after}
        if name not in _WITHOUT_EFFECT
        and _is_known(name, before)
        and before.get(name) != after.get(name)
    ]


def _refuse_other_architecture(
    checkpoint: CheckpointFile, given: Mapping[str, Any], model: Any
) -> None:
    for name, found in given.items():
        part, _, setting = name.partition(".")
        if part != "model" or setting not in checkpoint.architecture:
            continue
        expected = dict(every_setting({"_": checkpoint.architecture[setting]}))["_"]
        if not model.is_same_setting(setting, found, expected):
            raise CaptionerError(
                f"{name}: expected {show(expected)}, as in {checkpoint.path}, found {show(found)};"
                " a run goes on with its architecture, --init_from starts a new run from its"
                " weights"
            )


def _callbacks(recorded: Any) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """Return which callbacks a file may have made again, and the names of the others."""
    own, others = [], []
    listed = value_of(recorded)
    for each in listed if isinstance(listed, list) else []:
        path = str(each.get("class_path")) if isinstance(each, dict) else str(each)
        package, _, name = path.rpartition(".")
        if package == captioner.callbacks.__name__ and name in captioner.callbacks.__all__:
            own.append(each)
        else:
            others.append(path)
    return own or None, others


def _is_same_or_within(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _is_known(name: str, settings: Mapping[str, Any]) -> bool:
    """Tell whether there is such a setting: records may be of another version."""
    head = ".".join(name.split(".")[:2])
    return any(_is_same_or_within(head, each) for each in settings)


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by name as a parser takes them."""
    nested: dict[str, Any] = {}
    for name, value in settings.items():
        part, *rest = name.split(".")
        path = [part, *(["init_args"] if part in ("model", "data") else []), *rest]
        place = nested
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = value
    return nested
