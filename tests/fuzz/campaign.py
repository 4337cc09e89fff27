"""Many damaged inputs of one format, and what is kept of those that do harm."""

import importlib
import json
import multiprocessing
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any

from tests.fuzz.worker import READ, REFUSED, WRONG, serve

DEATH, HANG = "death", "hang"
Answer = tuple[str, str]  # the outcome, and details
_BATCH = 50  # inputs on their way at a time, so that no process waits for the other
_WAIT = 60  # seconds until an input that takes no processor time counts as a hang
_TRIES = 150  # inputs to make a finding smaller
_SAME = 3  # findings that are kept of those that look alike
_MOST = 100  # findings after which a format is given up


@dataclass(frozen=True)
class Finding:
    """Hold an input that was neither read nor refused in a sentence.

    Attributes:
        format: What it was read as.
        seed: Of the campaign.
        iteration: Number of the input; -1 for one that is not damaged.
        outcome: ``exception``, ``death`` or ``hang``.
        detail: The exception, or how the process ended and what it printed last.
    """

    format: str
    seed: int
    iteration: int
    outcome: str
    detail: str

    @property
    def look(self) -> str:
        """What findings have in common that have one cause."""
        return f"{self.outcome} {self.detail.partition(chr(10))[0]}"


@dataclass
class Report:
    """Count what became of the inputs of a format.

    Attributes:
        outcomes: How many inputs were read, refused, ..
        findings: Some of the others, each with its input.
        seconds: What all of it took.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[Finding, bytes]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def harm(self) -> int:
        """How many inputs were neither read nor refused in a sentence."""
        return sum(self.outcomes[outcome] for outcome in (WRONG, DEATH, HANG))


class Reader:
    """Read inputs of a format in a process of its own, which is started again when it ends."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name
        # The server has imported everything once; a fork of it is there at once. One server serves
        # all campaigns of a process, so it has to know every format from its start.
        try:
            self._context: Any = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(
                ["tests.fuzz.formats", module, "tests.fuzz.worker"]
            )
        except ValueError:  # Windows
            self._context = multiprocessing.get_context("spawn")
        self._process: Any = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(self, inputs: Sequence[bytes]) -> list[Answer]:
        """Return what becomes of each input: the outcome, and details."""
        answers: list[Answer] = []
        while len(answers) < len(inputs):
            answers += self._ask(inputs[len(answers) :])
        return answers

    def _ask(self, inputs: Sequence[bytes]) -> list[Answer]:
        """Return the answers up to an input that ends the process, its own included."""
        if self._process is None:
            self._start()
        answers: list[Answer] = []
        try:
            self._connection.send(inputs)
            while len(answers) < len(inputs) and self._connection.poll(_WAIT):
                answers.append(self._connection.recv())
        except (EOFError, OSError):
            self._process.join(_WAIT)  # a process that died is not always gone at once
            return [*answers, self._end()]
        return answers if len(answers) == len(inputs) else [*answers, self._end()]

    def _end(self) -> Answer:
        """Return the answer of a process that gave none itself, with what it printed last."""
        code = self._process.exitcode
        slow = code is None or (hasattr(signal, "SIGPROF") and code == -signal.SIGPROF)
        printed = (self._folder / "printed").read_bytes()[-500:].decode(errors="replace")
        self._stop()
        return (HANG, printed) if slow else (DEATH, f"exit code {code}\n{printed}")

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._connection, theirs = self._context.Pipe()
        arguments = (theirs, self._module, self._name, str(self._folder))
        self._process = self._context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._connection.recv()  # it is ready: to import everything may take long

    def _stop(self) -> None:
        if self._process is None:
            return
        self._connection.close()
        self._process.join(1)  # it ends by itself, unless it hangs
        self._process.kill()
        self._process.join()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._process = None


def run(module: str, name: str, mutations: int, seed: int) -> Report:
    """Read damaged inputs of a format and return what became of them.

    Args:
        module: Where ``FORMATS`` is.
        name: The format.
        mutations: How many inputs.
        seed: The same one gives the same inputs.
    """
    report, began = Report(), time.monotonic()
    wanted = importlib.import_module(module).FORMATS[name]
    seeds = wanted.seeds()
    with Reader(module, name) as reader:
        # what is refused before it is damaged tests nothing
        for number, answer in enumerate(reader.read(seeds)):
            if answer[0] == REFUSED:
                answer = (WRONG, f"an undamaged file is refused: {answer[1]}")
            if answer[0] != READ:
                _note(
                    report, reader, Finding(name, seed, number - len(seeds), *answer), seeds[number]
                )
        for first in range(0, mutations, _BATCH):
            numbers = range(first, min(first + _BATCH, mutations))
            inputs = [wanted.mutate(Random(f"{seed} {name} {n}"), seeds) for n in numbers]
            for number, data, answer in zip(numbers, inputs, reader.read(inputs), strict=True):
                _note(report, reader, Finding(name, seed, number, *answer), data)
            if report.harm >= _MOST:
                break
    report.seconds = time.monotonic() - began
    return report


def _note(report: Report, reader: Reader, found: Finding, data: bytes) -> None:
    """Count what became of an input, and keep it if it did harm in a way that is new."""
    report.outcomes[found.outcome] += 1
    if found.outcome in (READ, REFUSED):
        return
    alike = [each for each, _ in report.findings if each.look == found.look]
    if len(alike) < _SAME:
        report.findings.append((found, _shrink(reader, data, found)))


def keep(report: Report, folder: Path) -> None:
    """Write each finding into a folder: the input, and JSON that says what it did."""
    for finding, data in report.findings:
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{finding.format}-{finding.seed}-{finding.iteration}"
        (folder / f"{stem}.input").write_bytes(data)
        (folder / f"{stem}.json").write_text(json.dumps(asdict(finding), indent=1) + "\n")


def _shrink(reader: Reader, data: bytes, found: Finding) -> bytes:
    """Return a part of an input that does the same harm, as small as a few tries make it."""
    if found.outcome == HANG:  # every try would take its seconds
        return data
    tries, size = _TRIES, len(data) // 2
    while size and tries > 0:
        place = 0
        while place < len(data) and tries > 0:
            tries -= 1
            less = data[:place] + data[place + size :]
            outcome, detail = reader.read([less])[0]
            if replace(found, outcome=outcome, detail=detail).look == found.look:
                data = less
            else:
                place += size
        size //= 2
    return data
