"""``compare``: train and test several captioners under the same conditions, and report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import NonNegativeInt, PositiveInt
from rich.console import Console

from captioner.captioners import SearchSettings
from captioner.commands.compare_summary import (
    describe_conditions,
    describe_models,
    summary_captions,
    summary_table,
)
from captioner.commands.messages import check_config_files, parse
from captioner.commands.parsed import build_data, parse_settings
from captioner.comparison.checkpoints import plan_tests, read_comparable
from captioner.comparison.collect import collect_runs, explain_failures
from captioner.comparison.conditions import check_conditions
from captioner.comparison.live_table import LiveTable
from captioner.comparison.lock import locked
from captioner.comparison.plan import PlannedModel, Settings, to_arguments
from captioner.comparison.progress import Progress
from captioner.comparison.scheduler import Scheduler
from captioner.comparison.study import study
from captioner.comparison.task import Task
from captioner.comparison.tasks import plan_tasks
from captioner.data.datamodule import CaptionDataModule
from captioner.data.splits import Splits
from captioner.errors import CaptionerError
from captioner.report.write_report import write_report


def run(argv: list[str]) -> int:
    """Compare as ``argv`` says; return 0, or 1 if a captioner could not be trained or tested."""
    check_config_files(argv)
    settings = parse(compare_parser(), argv[1:])
    if not settings.models:
        raise CaptionerError("models: expected at least one captioner to compare, found none")
    out, search = Path(settings.out), SearchSettings(**settings.search.as_dict())
    parsed = {name: _parse(model, settings.settings) for name, model in settings.models.items()}
    tasks = _plan(settings, parsed, out, search)
    reference = next(iter(parsed.values()))
    data = build_data(reference)
    if not isinstance(data, CaptionDataModule):
        raise CaptionerError(f"models: expected captioners, found what reads {type(data).__name__}")
    examples = data.splits.test  # before anything is trained: are there any?
    progress = Progress(tasks)
    notes = [] if settings.ckpt_paths else describe_models(settings.models)
    workers = settings.workers or max(1, torch.cuda.device_count())
    with locked(out) as lock, _ended_like_interrupted():
        with LiveTable(progress, reference.trainer.max_epochs) as table:
            Scheduler(progress, workers, lock).run(table.show)
        print("Measuring and drawing..", flush=True)
        found = study(
            settings.title,
            collect_runs(progress),
            examples,
            [text for example in data.splits.train for text in example.captions],
            search,
            device="auto",
            facts=describe_conditions(reference, search, _sizes(data.splits), workers),
            notes=[*notes, *explain_failures(progress)],
        )
        write_report(found, out)
    Console().print(summary_table(found))
    print("\n".join(summary_captions(found)))
    for reason in explain_failures(progress):
        print(f"captioner: {reason}", file=sys.stderr)
    print(f"Report: {out / 'report.html'}   Curves: tensorboard --logdir {out / 'runs'}")
    return 1 if progress.reasons else 0


def _parse(model: PlannedModel, settings: Settings) -> Namespace:
    arguments = to_arguments(settings | model.settings)
    return parse_settings(["fit", f"--config={model.config}", *arguments])


def _plan(
    settings: Namespace, parsed: dict[str, Namespace], out: Path, search: SearchSettings
) -> list[Task]:
    """Return what has to be done, once it is known to be a fair comparison."""
    default = asdict(SearchSettings())
    chosen = {name: value for name, value in asdict(search).items() if value != default[name]}
    if not settings.ckpt_paths:
        check_conditions(parsed)
        return plan_tasks(settings.models, settings.settings, settings.seeds, chosen, out)
    read_comparable(settings.ckpt_paths)
    first = next(iter(settings.models.values()))
    return plan_tests(settings.ckpt_paths, first, settings.settings, chosen, out)


def _sizes(splits: Splits) -> dict[str, int]:
    """Return how many images each part has; what checkpoints are chosen by is named after that."""
    chosen = splits.dev or splits.val
    sizes = {"training": len(splits.train), "choosing checkpoints": len(chosen)}
    return sizes | {"test": len(splits.test)}


@contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """Let an order to end, as schedulers of clusters give it, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def compare_parser() -> ArgumentParser:
    """Return what reads the settings of a comparison, from YAML files and the command line."""
    parser = ArgumentParser(
        prog="python -m captioner compare",
        description="Train and test captioners under the same conditions, and write a report."
        " What was interrupted goes on; what is finished is not done again.",
    )
    parser.add_argument("--config", action="config", help="YAML file with these settings.")
    parser.add_argument("--title", type=str, default="Captioners compared", help="Of the report.")
    parser.add_argument(
        "--models",
        type=dict[str, PlannedModel],
        default={},
        help="For each captioner: its fit config, settings, what is trained before it.",
    )
    parser.add_argument(
        "--settings",
        type=dict[str, Any],
        default={},
        help="Settings of every captioner, such as trainer.max_epochs.",
    )
    parser.add_argument(
        "--seeds",
        type=list[NonNegativeInt],
        default=[0, 1, 2],
        help="Every captioner is trained once with each.",
    )
    parser.add_argument(
        "--ckpt_paths",
        nargs="+",
        type=Path,
        default=[],
        help="Compare these checkpoints as they are; nothing is trained.",
    )
    parser.add_class_arguments(SearchSettings, "search")
    parser.set_defaults({"search.beams": 5})
    parser.add_argument("--out", type=str, default="runs/compare", help="Folder of the comparison.")
    parser.add_argument(
        "--workers",
        type=PositiveInt | None,
        default=None,
        help="Trainings at a time; as many as there are GPUs if not given, one without.",
    )
    return parser
