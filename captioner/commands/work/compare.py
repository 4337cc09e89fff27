"""``compare``: train and test several captioners under the same conditions, and report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import get_args

import torch
from jsonargparse import Namespace
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from rich.console import Console

from captioner.commands.output_paths import files_in_settings, refuse_overwriting_inputs
from captioner.commands.runs.slurm_job import SlurmJob, requeue_on_signal
from captioner.commands.work.compare_plan import make_plan
from captioner.commands.work.compare_summary import summary_captions, summary_table
from captioner.comparison.cost.timing import pinned_threads
from captioner.comparison.running.collect import collect_runs, explain_failures, pretraining_times
from captioner.comparison.running.live_table import LiveTable
from captioner.comparison.running.lock import locked
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.scheduler import Scheduler, check_system
from captioner.comparison.study import study
from captioner.data.splits.caption_splits import Split
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.report.write_report import report_files, write_report


def compare(argv: Sequence[str], settings: Namespace, search: SearchSettings) -> int:
    """Compare captioners; return 0, or 1 if one could not be trained or tested.

    Args:
        argv: The command and its arguments, in which settings files are paths.
        settings: What they say.
        search: How captions are found.
    """
    out = Path(settings.out)
    workers = settings.workers or max(1, torch.cuda.device_count())
    check_system()
    refuse_overwriting_inputs("out", report_files(out), files_in_settings(settings, but={"out"}))
    plan = make_plan(settings, search, workers)
    refuse_overwriting_inputs(
        "out", report_files(out), (plan.data.source.location(split) for split in get_args(Split))
    )
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
        with pinned_threads(settings.threads):
            found = study(
                settings.title,
                [*runs, *plan.systems],
                plan.examples,
                [text for example in splits.train for text in example.captions],
                search,
                controls=controls,
                pretraining=pretraining_times(progress),
                device="auto",
                facts=plan.facts,
                recipes=plan.recipes,
                notes=[*plan.notes, *failures],
            )
        write_report(found, out)
    # A file or a pipe has no width of its own; the table needs this much.
    Console(width=None if sys.stdout.isatty() else 100).print(summary_table(found))
    print("\n".join(summary_captions(found)))
    for reason in failures:
        print(f"captioner: {reason}", file=sys.stderr)
    print(f"Report: {out / 'report.html'}   Curves: tensorboard --logdir {out / 'runs'}")
    return 1 if progress.reasons else 0


def _requeued(argv: Sequence[str]) -> AbstractContextManager[None]:
    """Have SLURM start a job again that it is about to end; the command finds its own folder."""
    job = SlurmJob.find(argv)
    if job is None or not SLURMEnvironment.detect():
        return nullcontext()
    return requeue_on_signal(signal.SIGUSR1, partial(job.requeue, None))
