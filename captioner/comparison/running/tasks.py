"""Tasks of a plan: the commands that carry it out, in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.seed import max_seed_value

from captioner.comparison.planning.plan import PlannedModel, Settings, search_of_test
from captioner.comparison.results import share_arm
from captioner.comparison.running.schedule_length import ScheduleLength
from captioner.comparison.running.task import Length, Task, begun_training
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings

EQUAL_TIME = "equal time"


def plan_tasks(
    models: Mapping[str, PlannedModel],
    settings: Settings,
    seeds: Sequence[int],
    search: SearchSettings,
    out: Path,
    *,
    equal_time: bool = False,
) -> list[Task]:
    """Return all tasks, in an order in which an early end leaves something to compare.

    The first seed comes first, then the next: of each what is trained beforehand, then every
    captioner, which is tested as soon as it was trained. Then come trainings whose length follows
    from those.

    Args:
        models: The captioners by name.
        settings: Settings of every one of them.
        seeds: Each captioner is trained once with each.
        search: How captions are found in the tests.
        out: Folder of the comparison.
        equal_time: Train each also for the time that the quickest took.
    """
    planned = _Planned(models, settings, search, out)
    tasks: list[Task] = []
    fits: dict[str, dict[int, Task]] = {name: {} for name in models}
    for seed in seeds:
        own = {name: planned.training(name, seed) for name in models}
        tasks += [task for before, _, _ in own.values() for task in before]
        tasks += [task for _, *of_captioner in own.values() for task in of_captioner]
        for name, (_, fit, _) in own.items():
            fits[name][seed] = fit
    shorter: list[tuple[str, str, int, Length]] = []
    for seed in seeds:
        for name, model in models.items():
            if equal_time:
                timed = ScheduleLength(
                    fits[name][seeds[0]], among=tuple(each[seeds[0]] for each in fits.values())
                )
                shorter.append((name, EQUAL_TIME, seed, timed))
            for share in model.shares:
                length = ScheduleLength(fits[name][seed], share)
                shorter.append((name, share_arm(share), seed, length))
    for name, arm, seed, own_length in shorter:
        _, fit, test = planned.training(name, seed, arm, own_length)
        tasks += [fit, test]
    return tasks


@dataclass(frozen=True)
class _Planned:
    """What the tasks of all seeds and arms have in common."""

    models: Mapping[str, PlannedModel]
    settings: Settings
    search: SearchSettings
    out: Path

    def training(
        self, name: str, seed: int, arm: str = "", length: Length | None = None
    ) -> tuple[list[Task], Task, Task]:
        """Return what is trained beforehand, the training, and the test."""
        model = self.models[name]
        folder = self.out / "runs" / name
        own = self.settings | model.settings
        before: list[Task] = []
        takes: tuple[tuple[str, Task], ...] = ()
        if (first := model.pretraining) is not None:
            place = folder / f"pretraining_{seed}"
            before = [Task(name, seed, "fit", first.config, first.settings, place)]
            takes = ((first.used_as, before[0]),)
        after = before[0] if before else None
        folder /= "_".join([f"seed_{seed}", *re.findall(r"\w+", arm)])
        fit = Task(name, seed, "fit", model.config, own, folder, after, takes, arm, length)
        found = own | search_of_test(self.search)
        takes = (*takes, ("ckpt_path", fit))
        test = Task(name, seed, "test", model.config, found, folder, fit, takes, arm)
        return before, fit, test


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
