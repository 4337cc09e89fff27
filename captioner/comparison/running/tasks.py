"""From a plan to the commands that carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.seed import max_seed_value

from captioner.comparison.planning.plan import PlannedModel, Settings, search_of_test
from captioner.comparison.running.task import Task, begun_training
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings


def plan_tasks(
    models: Mapping[str, PlannedModel],
    settings: Settings,
    seeds: Sequence[int],
    search: SearchSettings,
    out: Path,
) -> list[Task]:
    """Return all tasks, in an order in which an early end leaves something to compare.

    What is trained beforehand comes first, then the first seed of every captioner, then the next;
    every captioner is tested as soon as it has been trained.

    Args:
        models: The captioners by name.
        settings: Settings of every one of them.
        seeds: Each captioner is trained once with each.
        search: How captions are found in the tests.
        out: Folder of the comparison.
    """
    before: dict[str, Task] = {}
    for name, model in models.items():
        if (first := model.pretraining) is not None:
            folder = out / "runs" / name / "pretraining"
            before[name] = Task(name, seeds[0], "fit", first.config, first.settings, folder)
    tasks = list(before.values())
    for seed in seeds:
        for name, model in models.items():
            folder = out / "runs" / name / f"seed_{seed}"
            own = settings | model.settings
            first, parent = model.pretraining, before.get(name)
            takes = ((first.used_as, parent),) if first and parent else ()
            fit = Task(name, seed, "fit", model.config, own, folder, parent, takes)
            found = own | search_of_test(search)
            takes = (*takes, ("ckpt_path", fit))
            test = Task(name, seed, "test", model.config, found, folder, fit, takes)
            tasks += [fit, test]
    return tasks


def check_seeds(seeds: Sequence[int] | None) -> None:
    """Refuse to train with no seed, or to count what is trained twice with one as two trainings.

    Raises:
        CaptionerError: If there is no seed, one twice, or one that no training can begin with.

    Example:
        >>> check_seeds([0, 1, 2])
    """
    if not seeds:
        raise CaptionerError("seeds: expected at least one, found none")
    again = next((seed for place, seed in enumerate(seeds) if seed in seeds[:place]), None)
    if again is not None:
        raise CaptionerError(f"seeds: expected every seed once, found {again} again")
    if max(seeds) > max_seed_value:
        raise CaptionerError(f"seeds: expected 0 to {max_seed_value}, found {max(seeds)}")


def begun_with(setting: str, out: Path) -> Any:
    """Return what the trainings of a comparison that goes on were begun with; None if none was.

    Args:
        setting: One that is the same for all of them.
        out: Folder of the comparison.
    """
    identities = (begun_training(folder) for folder in sorted(out.glob("runs/*/*")))
    values = (begun.get(setting) for begun in identities)
    return next((value for value in values if value is not None), None)
