"""``compare``: train and test several captioners under the same conditions, and report."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import torch
from jsonargparse import ArgumentParser
from jsonargparse.typing import NonNegativeInt, PositiveInt
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from rich.console import Console

import captioner.commands.written_words  # noqa: F401 - parsers take its words as they are written
from captioner.commands.arguments import parse
from captioner.commands.compare_files import begin_at_files
from captioner.commands.compare_plan import make_plan
from captioner.commands.compare_summary import summary_captions, summary_table
from captioner.commands.messages import find_config_files
from captioner.commands.outputs import check_folder, keep_inputs, named_files
from captioner.commands.slurm_job import SlurmJob, requeued_on
from captioner.comparison.cost.machine import load_of_machine, warn_if_busy
from captioner.comparison.planning.output_folder import check_place
from captioner.comparison.running.collect import collect_runs, explain_failures, pretraining_times
from captioner.comparison.running.live_table import LiveTable
from captioner.comparison.running.lock import locked
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.scheduler import Scheduler, check_system
from captioner.comparison.study import study
from captioner.data.splits.caption_splits import Part
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.report.write_report import report_files, write_report


def run(argv: list[str]) -> int:
    """Compare as ``argv`` says; return 0, or 1 if a captioner could not be trained or tested."""
    argv = find_config_files(argv)
    settings = parse(compare_parser(), argv[1:])
    for remark in begin_at_files(settings, argv):
        print(f"captioner: {remark}", file=sys.stderr)
    if not settings.models:
        raise CaptionerError("models: expected at least one captioner to compare, found none")
    check_folder(settings.out)
    out, search = Path(settings.out), SearchSettings(**settings.search.as_dict())
    workers = settings.workers or max(1, torch.cuda.device_count())
    check_place(out, trains=not settings.ckpt_paths)
    check_system()
    keep_inputs("out", report_files(out), named_files(settings, but={"out"}))
    plan = make_plan(settings, search, workers)
    keep_inputs("out", report_files(out), (plan.data.source.place(part) for part in get_args(Part)))
    splits = plan.data.splits
    with locked(out) as lock, _requeued(argv):
        progress = Progress(plan.tasks)  # what is done is known once nothing else runs here
        with LiveTable(progress, plan.epochs) as table:
            Scheduler(progress, workers, lock).run(table.show)
        failures = explain_failures(progress)
        collected = collect_runs(progress)
        controls = [run for run in collected if run.model in plan.controls]
        if not (runs := [run for run in collected if run.model not in plan.controls]):
            raise CaptionerError(f"models: expected one that can be tested; {' '.join(failures)}")
        print("Measuring and drawing..", flush=True)
        found = study(
            settings.title,
            runs,
            splits.test,
            [text for example in splits.train for text in example.captions],
            search,
            controls=controls,
            pretraining=pretraining_times(progress),
            device="auto",
            facts=plan.facts,
            notes=[*plan.notes, *failures],
        )
        busy = warn_if_busy(load_of_machine(), os.cpu_count() or 1)
        found = replace(found, notes=[*found.notes, *busy])
        write_report(found, out)
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 100).print(summary_table(found))
    print("\n".join(summary_captions(found)))
    for reason in failures:
        print(f"captioner: {reason}", file=sys.stderr)
    print(f"Report: {out / 'report.html'}   Curves: tensorboard --logdir {out / 'runs'}")
    return 1 if progress.reasons else 0


def _requeued(argv: list[str]) -> AbstractContextManager[None]:
    """Have SLURM start a job again that it is about to end; the command finds its own folder."""
    job = SlurmJob.find(argv)
    if job is None or not SLURMEnvironment.detect():
        return nullcontext()
    return requeued_on(signal.SIGUSR1, partial(job.requeue, None))


def compare_parser() -> ArgumentParser:
    """Return what reads the settings of a comparison, from YAML files and the command line."""
    parser = ArgumentParser(
        prog="python -m captioner compare",
        description="Train and test captioners under the same conditions, and write a report."
        " What was interrupted goes on; what is finished is not done again. Paths in a settings"
        " file begin where that file lies, or else in the working folder.",
    )
    parser.add_argument("--config", action="config", help="YAML file with these settings.")
    parser.add_argument("--title", type=str, default="Captioners compared", help="Of the report.")
    parser.add_argument(
        "--models",
        type=dict[str, Any],
        default={},
        help="For each captioner: its fit config, settings, what is trained before it.",
    )
    parser.add_argument(
        "--controls",
        type=dict[str, Any],
        default={},
        help="What the captioners have to beat, such as a blind one: trained and tested once, with"
        " the first seed; none with ckpt_paths.",
    )
    parser.add_argument(
        "--settings",
        type=dict[str, Any],
        default={},
        help="Settings of every captioner and control, such as trainer.max_epochs.",
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
