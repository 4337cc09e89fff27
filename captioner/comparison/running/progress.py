"""Progress of the tasks of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from captioner.comparison.running.task import Task

State = Literal["waiting", "running", "done", "failed", "skipped"]


class Progress:
    """Keep the state of every task.

    Attributes:
        tasks: All tasks, those that others need before them.
        states: The state of each; what an earlier comparison has finished is done.
        reasons: What those that failed said.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = tasks
        self.states: list[State] = ["done" if task.done else "waiting" for task in tasks]
        self.reasons: dict[int, str] = {}

    def of(self, task: Task) -> State:
        """Return the state of a task."""
        return self.states[self.tasks.index(task)]

    def next(self) -> int | None:
        """Return the number of a task that can start, if there is one.

        A task whose predecessor has failed is skipped.
        """
        for number, task in enumerate(self.tasks):
            if self.states[number] != "waiting":
                continue
            before = {self.of(other) for other in task.needs}
            if before & {"failed", "skipped"}:
                self.states[number] = "skipped"
            elif before <= {"done"}:
                return number
        return None
