"""Captioners of a comparison, parsed from its settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from jsonargparse import ArgumentError, ArgumentParser

from captioner.commands.parsing.arguments import explain_parser_error
from captioner.comparison.planning.plan import PlannedModel, Pretraining
from captioner.errors import CaptionerError

Planned = TypeVar("Planned", PlannedModel, Pretraining)


def planned_models(key: str, contents: Mapping[str, Any]) -> dict[str, PlannedModel]:
    """Return captioners by name, from what was written of them; what is empty counts as left out.

    Args:
        key: The setting that has them: ``models`` or ``controls``.
        contents: What it says of each.

    Raises:
        CaptionerError: If a setting is missing, unknown or of the wrong type; it names the
            captioner, which a parser of all of them would not.

    Example:
        >>> planned_models("models", {"LSTM": {"config": "lstm.yaml"}})["LSTM"].config
        'lstm.yaml'
        >>> planned_models("models", {"A": "lstm.yaml"})
        Traceback (most recent call last):
        captioner.errors.CaptionerError: models.A: expected config: and settings:, found 'lstm.yaml'
    """
    return {name: _model(f"{key}.{name}", content) for name, content in contents.items()}


def _model(key: str, content: Any) -> PlannedModel:
    settings = _settings(key, content, "config: and settings:")
    first = settings.pop("pretraining", None)
    model = _build(PlannedModel, key, settings)
    wrong = next((share for share in model.shares if not 0 < share < 1), None)
    if wrong is not None:
        raise CaptionerError(f"{key}.shares: expected numbers above 0 and below 1, found {wrong}")
    if first is None:
        return model
    key += ".pretraining"
    first = _settings(key, first, "config: and used_as:")
    return replace(model, pretraining=_build(Pretraining, key, first))


def _settings(key: str, content: Any, expected: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise CaptionerError(f"{key}: expected {expected}, found {content!r}")
    return {name: value for name, value in content.items() if value is not None}


def _build(kind: type[Planned], key: str, settings: dict[str, Any]) -> Planned:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind)
    try:
        return kind(**parser.parse_object(settings).as_dict())
    except ArgumentError as error:
        raise CaptionerError(f"{key}.{explain_parser_error(str(error))}") from None
