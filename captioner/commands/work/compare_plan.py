"""Plan of a comparison: its trainings and tests, once they are known to be fair."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from captioner.commands.lightning_cli.parse_only import build_data, parse_settings
from captioner.commands.lightning_cli.precision import choose_precision
from captioner.commands.trainer.slurm_variables import is_slurm_task
from captioner.commands.trainer.trainer_settings import check_trainer, check_values
from captioner.commands.work.compare_summary import (
    describe_captioning,
    describe_models,
    describe_recipes,
    describe_trainings,
)
from captioner.commands.work.planned_models import planned_models
from captioner.comparison.planning.checkpoints import name_checkpoints, plan_tests, read_comparable
from captioner.comparison.planning.conditions import check_conditions
from captioner.comparison.planning.names import check_names
from captioner.comparison.planning.plan import PlannedModel, Pretraining, Settings, to_arguments
from captioner.comparison.planning.pretraining_text import check_pretraining_text
from captioner.comparison.planning.provenance import describe_given, differing_conditions
from captioner.comparison.planning.systems import read_systems, results_files
from captioner.comparison.quality.evaluation import check_test_images
from captioner.comparison.results import RunResult
from captioner.comparison.running.task import Task
from captioner.comparison.running.tasks import begun_with, check_seeds, plan_tasks
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.data.splits.caption_splits import Splits
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings


@dataclass(frozen=True)
class Plan:
    """Plan of a comparison.

    Attributes:
        tasks: The commands.
        controls: Names of those captioners that the others have to beat.
        data: What the captioners are tested on, and trained on if they are.
        systems: Captions that are compared as they are, of systems that are not at hand.
        examples: The test images that all are compared on.
        epochs: Length of a training; None where that is not known.
        facts: What holds for all captioners.
        recipes: Training settings in which captioners differ, of each by name.
        notes: What a reader must know.
    """

    tasks: list[Task]
    controls: frozenset[str]
    data: CaptionDataModule
    systems: list[RunResult]
    examples: list[Example]
    epochs: int | None
    facts: dict[str, str]
    recipes: dict[str, dict[str, str]]
    notes: list[str]


def make_plan(settings: Namespace, search: SearchSettings, workers: int) -> Plan:
    """Return the plan that the settings of ``compare`` lead to.

    Raises:
        CaptionerError: If the captioners cannot be compared, or test images are missing.
    """
    common, out = settings.settings or {}, Path(settings.out)
    files = results_files(settings.captions or {})
    check_names(settings.models, {**(settings.controls or {}), **files})
    check_seeds(settings.seeds)
    models = planned_models("models", settings.models)
    controls = planned_models("controls", settings.controls or {})
    first = _parse(next(iter(models.values())), common)
    data = _captions(first)
    systems, examples, left_out = read_systems(
        files, data.splits.test, exclude=settings.exclude_images
    )
    checkpoints = read_comparable(settings.ckpt_paths)
    if checkpoints:
        recorded = [each.about.get("precision") for each in checkpoints]
        alike = recorded[0] if recorded.count(recorded[0]) == len(recorded) else None
        precision = choose_precision(first.trainer, alike, evaluates=True).name
    else:
        precision = choose_precision(first.trainer, begun_with("trainer.precision", out)).name
    if precision is not None:
        # One for all, also for what is done later and on another machine.
        common = common | {"trainer.precision": precision}
        first.trainer.precision = precision
    if checkpoints:
        controls = {}
        named = dict(zip(name_checkpoints(settings.ckpt_paths), checkpoints, strict=True))
        model = next(iter(models.values()))
        tasks = plan_tests(settings.ckpt_paths, model, common, search, out)
        facts = {"images": f"{len(examples):,} test"} | describe_given(named)
        facts |= {"precision of the tests": str(precision)}
        notes, recipes = differing_conditions(named), {}
    else:
        if precision is not None:
            models, controls = (_pretrained_in(precision, each) for each in (models, controls))
        everyone = models | controls
        parsed = {name: _parse(model, common) for name, model in everyone.items()}
        check_conditions(parsed)
        recipes = describe_recipes(models, parsed)
        for name, each in parsed.items():
            _check_trainer(name, each)
        for name, model in everyone.items():
            _check_pretraining(name, model, data)
        tasks = plan_tasks(
            models, common, settings.seeds, search, out, equal_time=settings.equal_time
        )
        tasks += plan_tasks(controls, common, settings.seeds[:1], search, out)
        facts = describe_trainings(first, _sizes(data.splits), workers)
        notes = describe_models(everyone)
    facts |= describe_captioning(search, settings.threads)
    epochs = first.trainer.max_epochs
    notes += left_out
    return Plan(tasks, frozenset(controls), data, systems, examples, epochs, facts, recipes, notes)


def _parse(model: PlannedModel, settings: Settings) -> Namespace:
    arguments = to_arguments(settings | model.settings)
    return parse_settings(["fit", f"--config={model.config}", *arguments])


def _parse_pretraining(first: Pretraining) -> Namespace:
    return parse_settings(["fit", f"--config={first.config}", *to_arguments(first.settings)])


def _pretrained_in(precision: Any, models: Mapping[str, PlannedModel]) -> dict[str, PlannedModel]:
    """Return the captioners; what is trained before them is told the precision that it leaves open.

    Else a pre-training that another machine goes on with would be in what is fast there.
    """
    told = dict(models)
    for name, model in models.items():
        first = model.pretraining
        if first is not None and _parse_pretraining(first).trainer.precision is None:
            settings = {"trainer.precision": precision} | first.settings
            told[name] = replace(model, pretraining=replace(first, settings=settings))
    return told


def _captions(settings: Namespace) -> CaptionDataModule:
    data = build_data(settings)
    if not isinstance(data, CaptionDataModule):
        raise CaptionerError(f"models: expected captioners, found what reads {type(data).__name__}")
    if not data.splits.test:
        raise CaptionerError(f"{data.source.location('test')}: expected test images, found none")
    check_test_images(data.splits.test)
    return data


def _check_pretraining(name: str, model: PlannedModel, data: CaptionDataModule) -> None:
    if model.pretraining is not None and not model.note:
        settings = _parse_pretraining(model.pretraining)
        _check_trainer(name, settings)
        check_pretraining_text(name, build_data(settings), data)


def _check_trainer(name: str, settings: Namespace) -> None:
    """Refuse what the processes of a captioner would, before any is started."""
    # They are no tasks of a job of SLURM, as this process may be, and look at their devices.
    check = check_values if is_slurm_task(os.environ) else check_trainer
    try:
        check(settings.trainer)
    except CaptionerError as error:
        raise CaptionerError(f"{name}: {error}") from None


def _sizes(splits: Splits) -> dict[str, int]:
    """Return how many images each part has; what checkpoints are chosen by is named after that."""
    chosen = splits.dev or splits.val
    sizes = {"training": len(splits.train), "choosing checkpoints": len(chosen)}
    return sizes | {"test": len(splits.test)}
