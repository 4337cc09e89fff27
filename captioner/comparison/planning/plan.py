"""What is compared with what, and under which conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from captioner.models.search_settings import SearchSettings

Settings = dict[str, Any]


@dataclass(frozen=True)
class Pretraining:
    """Say what a captioner needs that has to be trained before it.

    It is trained once, with the first seed: a part that is there before the comparison starts, as
    the encoder is.

    Attributes:
        config: YAML file of a ``fit``, or the name of a shipped one.
        used_as: Setting of the captioner that takes its checkpoint: ``model.bilm``, ``init_from``.
        settings: Settings of this ``fit`` that differ from the file.
    """

    config: str
    used_as: str
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedModel:
    """Say how one of the captioners is trained.

    Attributes:
        config: YAML file of its ``fit``, or the name of a shipped one.
        settings: Settings that differ from the file, of this captioner alone.
        pretraining: What is trained before it, if anything.
        note: What a reader must know of it, if it is not like the others: "extra text".
    """

    config: str
    settings: Settings = field(default_factory=dict)
    pretraining: Pretraining | None = None
    note: str = ""


def to_arguments(settings: Mapping[str, Any]) -> list[str]:
    """Return settings as arguments of a command.

    Example:
        >>> to_arguments({"data.limit": None, "trainer.max_epochs": 3, "patience": 5})
        ['--data.limit=null', '--trainer.max_epochs=3', '--patience=5']
        >>> to_arguments({"trainer.callbacks": ["EMA"], "model.bilm": "best.ckpt"})
        ['--trainer.callbacks=["EMA"]', '--model.bilm=best.ckpt']
    """
    return [
        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in settings.items()
    ]


def search_of_test(search: SearchSettings) -> Settings:
    """Return how captions are found as settings of a ``test``: all, for it has its own defaults.

    Example:
        >>> search_of_test(SearchSettings(beams=1))["search.beams"]
        1
    """
    return {f"search.{name}": value for name, value in asdict(search).items()}
