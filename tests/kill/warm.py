"""Commands in a process that has imported everything already, ended at a chosen moment."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

_ROOT = Path(__file__).parents[2]
SIGNALS = {"KILL": 9, "TERM": 15, "INT": 2}  # Windows does not name the first
# Loaders of torch look every 5 s whether who started them is there; METEOR's program in Java reads
# all of its tables before, which takes long on a busy machine; child_process.py gives it 60 s.
_PATIENCE = 90.0
EVERYTHING = (
    *(f"captioner.commands.work.{name}" for name in ("train", "predict", "shard", "prepare")),
    *("captioner.commands.work.compare", "captioner.data.preparing", "matplotlib.pyplot"),
    *("pycocotools.coco", "h5py", "tensorboard.summary.writer.event_file_writer"),
)
"""Modules that the commands need."""


@dataclass(frozen=True)
class Moment:
    """Say when a process is ended.

    Attributes:
        change: Before which change to the files in its folder, counted from 1; 0 is its beginning.
        seconds: How long after that.
        child: End a process that it has started, in its place.
    """

    change: int
    seconds: float = 0.0
    child: bool = False


@dataclass(frozen=True)
class Ended:
    """Say how a command ended.

    Attributes:
        code: Its exit code; of one that a signal ended, the signal's number below zero.
        seconds: How long it took.
        changes: How many changes it made to the files in its folder.
        first: Seconds until the first of them.
        left: Command lines of processes that went on after it for longer than they should.
    """

    code: int
    seconds: float
    changes: int
    first: float
    left: list[str]


class Warm:
    """Run commands, one at a time, in forks of a process that has imported everything.

    Args:
        signal_number: What ends a command at its moment.
        modules: What is imported.
        patience: Seconds that processes may outlive the one that started them.
    """

    def __init__(
        self,
        signal_number: int = SIGNALS["KILL"],
        modules: Sequence[str] = EVERYTHING,
        patience: float = _PATIENCE,
    ) -> None:
        self.signal_number = signal_number
        self._modules, self._patience = modules, patience

    def __enter__(self) -> "Warm":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.server", *self._modules],
            cwd=_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        if kind is not None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self, function: str, argv: Sequence[str], folder: Path, moment: Moment | None = None
    ) -> Ended:
        """Run a command and return how it ended.

        Args:
            function: What takes the arguments and returns an exit code, as ``module:name``.
            argv: Its arguments.
            folder: Where it runs; what it prints goes to ``log.txt`` beside that folder.
            moment: When it is ended; None lets it go on to its end.
        """
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        job = {
            "function": function,
            "argv": list(argv),
            "folder": str(folder),
            "temporary": str(temporary),
            "log": str(folder.with_name("log.txt")),
            "moment": None if moment is None else asdict(moment),
            "signal": int(self.signal_number),
            "patience": self._patience,
        }
        print(json.dumps(job), file=self._process.stdin, flush=True)
        assert self._process.stdout is not None
        while (answer := json.loads(self._process.stdout.readline())) == "ready":
            pass
        return Ended(**answer)
