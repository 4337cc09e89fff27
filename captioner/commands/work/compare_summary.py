"""Summary of a comparison, for the screen, and facts for the head of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import torch
from jsonargparse import Namespace
from rich.markup import escape
from rich.table import Table

from captioner.commands.runs.training_settings import training_settings
from captioner.comparison.cost.machine import describe_machine
from captioner.comparison.cost.timing import QUIET
from captioner.comparison.planning.plan import PlannedModel
from captioner.comparison.results import Comparison, InferenceCost, Interval
from captioner.devices import find_device
from captioner.formatting import MISSING, duration, fixed
from captioner.models.search_settings import SearchSettings

PICTURES = 3


def summary_table(comparison: Comparison) -> Table:
    """Return the figures that are looked at first, a row for each captioner."""
    caption = "±: half of the 95 % interval"
    if comparison.intervals_cover != "seeds and images":
        caption += f" ({comparison.intervals_cover}: of these checkpoints, not of captioners)"
    table = Table(title=comparison.title, caption=caption, title_justify="left")
    table.add_column("captioner")
    columns = ("CIDEr", "BLEU-4", "perplexity", "ms a picture", "MB", "training")
    for name in columns:
        table.add_column(name, justify="right")
    for model in comparison.models:
        table.add_row(
            escape(model.name),
            _interval(model.scores["CIDEr"]),
            _interval(model.scores["BLEU-4"]),
            fixed(model.perplexity, 1),
            _milliseconds(model.inference),
            fixed(model.inference.megabytes if model.inference else None, 0),
            duration(model.training.seconds if model.training else None),
        )
    for control in comparison.controls:
        scores = (_interval(control.scores[name]) for name in columns[:2])
        table.add_row(f"{escape(control.name)} (control)", *scores)
    return table


def summary_captions(comparison: Comparison) -> list[str]:
    """Return what all captioners say about a few pictures, those they disagree on if there are."""
    pictures = comparison.gallery[::-1][:PICTURES]
    width = max((len(model.name) for model in comparison.models), default=0)
    lines = []
    for picture in pictures:
        lines.append(picture.file)
        lines += [f"  {name:{width}}  {text}" for name, text in picture.captions.items()]
    return lines


def describe_trainings(
    settings: Namespace, images: Mapping[str, int], workers: int
) -> dict[str, str]:
    """Return what holds for all captioners that a comparison trains, ready to print.

    Args:
        settings: The parsed settings of one captioner's ``fit``.
        images: How many images each part of the data has.
        workers: Trainings side by side, which share the machine.
    """
    model, trainer = settings.model.init_args, settings.trainer
    early = f", or {settings.patience} without a better CIDEr" if settings.patience >= 0 else ""
    return {
        "images": ", ".join(f"{count:,} {part}" for part, count in images.items()),
        "encoder": f"{model.encoder}, weights: {model.encoder_weights}",
        "budget": f"{trainer.max_epochs} epochs{early}",
        "precision": str(trainer.precision),
        "trainings at a time": str(workers),
    }


def describe_captioning(search: SearchSettings, threads: int | None = None) -> dict[str, str]:
    """Return how, and on which machine, captions are written, ready to print.

    Args:
        search: How captions are found.
        threads: On the CPU, that captioning is timed with; torch's own number if not given.
    """
    default = asdict(SearchSettings())
    count = threads or torch.get_num_threads()
    chosen = {name: value for name, value in asdict(search).items() if value != default[name]}
    return {
        "search": ", ".join(f"{name} {value}" for name, value in chosen.items()) or "greedy",
        "machine": describe_machine(find_device("auto")),
        "captioning timed with": f"{count} thread{'s' if count > 1 else ''} on the CPU",
    }


def describe_models(models: Mapping[str, PlannedModel]) -> list[str]:
    """Return what a reader must know of single captioners."""
    notes = [f"{name}: {model.note}" for name, model in models.items() if model.note]
    notes += [
        f"{name} needs a part that is trained before it, with the same seed"
        f" ({model.pretraining.config}); that time is not in its training time."
        for name, model in models.items()
        if model.pretraining
    ]
    return notes


def describe_recipes(
    models: Mapping[str, PlannedModel], parsed: Mapping[str, Namespace]
) -> dict[str, dict[str, str]]:
    """Return the training settings in which captioners differ, and how each recipe was chosen.

    Args:
        models: The captioners by name.
        parsed: The settings of each one's ``fit``.
    """
    settings = {name: training_settings(parsed[name].as_dict()) for name in models}
    every = dict.fromkeys(key for each in settings.values() for key in each)
    differing = [
        key for key in every if len({repr(each.get(key)) for each in settings.values()}) > 1
    ]
    return {
        name: {key: _shown(own[key]) if key in own else MISSING for key in differing}
        | {
            "settings tried": "not stated" if model.tried is None else str(model.tried),
            "chosen on": model.tuned_on or "not stated",
        }
        for (name, model), own in zip(models.items(), settings.values(), strict=True)
    }


def _milliseconds(cost: InferenceCost | None) -> str:
    if cost is None:
        return MISSING
    noisy = max(cost.p50_spread, cost.cpu_wait) > QUIET
    return fixed(cost.latency_p50, 0) + (" (noisy)" if noisy else "")


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _interval(found: Interval) -> str:
    return f"{fixed(found.value)} ± {fixed((found.high - found.low) / 2)}"
