"""Live table of all tasks while they run."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from captioner.comparison.running.progress import Progress
from captioner.comparison.running.task import Task

_SECONDS = 5.0  # between two looks at the files of a run


class LiveTable:
    """Show every run, how far it is, and what it has reached.

    On a terminal the table is drawn over and over; in a file or a pipe every task that starts or
    ends is a line.

    Args:
        progress: The tasks.
        epochs: Length of the captioners' training.
    """

    def __init__(self, progress: Progress, epochs: int | None) -> None:
        self.progress = progress
        self.epochs = epochs
        self.console = Console()
        self._begun = time.monotonic()
        self._looked = 0.0
        self._seen = list(progress.states)
        self._events: dict[str, Any] = {}
        self._live = Live(console=self.console, auto_refresh=False)

    def __enter__(self) -> LiveTable:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def show(self) -> None:
        """Show what has changed."""
        if self.console.is_terminal:
            now = time.monotonic()
            if now - self._looked > _SECONDS or self._seen != self.progress.states:
                self._looked = now
                self._live.update(self.table(), refresh=True)
        else:
            for number, (task, before) in enumerate(
                zip(self.progress.tasks, self._seen, strict=True)
            ):
                if before != (state := self.progress.states[number]):
                    reason = self.progress.reasons.get(number, "")
                    words = f"{task.label}: {state}{': ' * bool(reason)}{reason}"
                    print(f"{self._minutes():6.1f} min  {words}", flush=True)
        self._seen = list(self.progress.states)

    def table(self) -> Table:
        """Return the table as it is now."""
        table = Table(title=f"{self._minutes():.0f} minutes", title_justify="left")
        for name in ("task", "state", "epoch", "CIDEr now", "best"):
            table.add_column(name, justify="left" if name in ("task", "state") else "right")
        for number, task in enumerate(self.progress.tasks):
            state = self.progress.states[number]
            reason = self.progress.reasons.get(number)
            figures = self._figures(task) if state in ("running", "done") else ("", "", "")
            table.add_row(task.label, reason or state, *figures)
        return table

    def _figures(self, task: Task) -> tuple[str, str, str]:
        """Return epoch, CIDEr now and the best CIDEr of a run, as far as it has any."""
        tag = "test/CIDEr" if task.command == "test" else "val/CIDEr"
        scores, epochs = self._scalars(task, tag), self._scalars(task, "epoch")
        of = "" if self.epochs is None or task.is_pretraining else f" of {self.epochs}"
        epoch = f"{epochs[-1] + 1:.0f}{of}" if epochs and task.command == "fit" else ""
        now, best = (f"{scores[-1]:.3f}", f"{max(scores):.3f}") if scores else ("", "")
        return epoch, now, best

    def _scalars(self, task: Task, tag: str) -> list[float]:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        if not task.run.is_dir():  # it takes a process some time to get so far
            return []
        folder = str(task.run)
        events = self._events.setdefault(folder, EventAccumulator(folder))
        events.Reload()  # reads what is new
        return [each.value for each in events.Scalars(tag)] if tag in events.scalars.Keys() else []

    def _minutes(self) -> float:
        return (time.monotonic() - self._begun) / 60
