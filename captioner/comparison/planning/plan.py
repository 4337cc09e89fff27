"""Plan of a comparison: captioners, their settings, what is trained before them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from jsonargparse.typing import PositiveInt

from captioner.models.search_settings import SearchSettings

Settings = dict[str, Any]


@dataclass(frozen=True)
class Pretraining:
    """What a captioner needs that has to be trained before it.

    It is trained with every seed, as the captioner is.

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
    """How one of the captioners is trained.

    Attributes:
        config: YAML file of its ``fit``, or the name of a shipped one.
        settings: Settings that differ from the file, of this captioner alone.
        pretraining: What is trained before it, if anything.
        note: What a reader must know of it, if it is not like the others: "extra text".
        shares: It is also trained with these shares of its steps, above 0 and below 1, each with a
            schedule of its own: ``[0.3]`` for "70 % less training".
        tried: How many settings of its recipe were tried before this one, itself included.
        tuned_on: What they were compared on: "held-out training images".
    """

    config: str
    settings: Settings = field(default_factory=dict)
    pretraining: Pretraining | None = None
    note: str = ""
    shares: list[float] = field(default_factory=list)
    tried: PositiveInt | None = None
    tuned_on: str = ""


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
