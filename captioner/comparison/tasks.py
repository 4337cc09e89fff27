"""From a plan to the commands that carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from captioner.captioners import SearchSettings
from captioner.comparison.plan import PlannedModel, Settings, search_of_test
from captioner.comparison.task import Task


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
