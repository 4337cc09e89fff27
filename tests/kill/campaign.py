"""Commands that are killed again and again until they are done, and what differs then."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from tests.kill.data import write_data
from tests.kill.fits import captioner
from tests.kill.moments import Plan, before_each_change, draw
from tests.kill.outcome import unreadable
from tests.kill.preparing import serving
from tests.kill.scenario import MAIN, Outcome, Scenario
from tests.kill.warm import Ended, Moment, Warm

_TRIES = 3  # trials for each kill that is wanted: some moments come after the end
_POINT = re.compile(r"(train/[\w-]+|epoch) at (?P<step>\d+)")
_SHOWN = 20  # lines that are kept of what is wrong


@dataclass(frozen=True)
class Finding:
    """Hold what a killed command has lost or left behind.

    Attributes:
        scenario: What was run.
        seed: Of the campaign.
        trial: Its number; -1 of one that was not killed at all.
        plan: When it was to be killed.
        wrong: What was wrong, a line each.
    """

    scenario: str
    seed: int
    trial: int
    plan: Plan
    wrong: list[str]


@dataclass
class Report:
    """Count what became of a scenario.

    Attributes:
        kills: How often a process was killed.
        trials: How often the scenario was run to its end with kills on the way.
        findings: Those of them that went wrong.
        seconds: What all of it took.
    """

    kills: int = 0
    trials: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0


class Campaign:
    """Kill the commands of scenarios.

    Args:
        warm: What runs them.
        work: An empty folder to work in.
        out: Folder of findings: what was wrong as JSON, and the folder that the commands ran in.
    """

    def __init__(self, warm: Warm, work: Path, out: Path) -> None:
        self.warm, self.out = warm, out
        self.shared, self.folder = work / "shared", work / "trial"
        write_data(self.shared)

    def run(self, name: str, scenario: Scenario, kills: int, seed: int) -> Report:
        """Run a scenario with kills on the way, again and again until there are enough of them.

        Args:
            name: Of the scenario.
            scenario: What is run.
            kills: How many at least.
            seed: Decides the moments, as far as the clock lets it.
        """

        def drawn(usual: list[Ended], report: Report) -> Iterator[Plan]:
            while report.kills < kills and report.trials < _TRIES * kills:
                random = Random(f"{seed} {name} {report.trials}")
                yield draw(random, usual, scenario.children)

        return self._run(name, scenario, seed, drawn)

    def sweep(self, name: str, scenario: Scenario) -> Report:
        """Kill a scenario once before each of the changes that it makes to the files."""
        return self._run(name, scenario, 0, lambda usual, _: before_each_change(usual))

    def _run(
        self,
        name: str,
        scenario: Scenario,
        seed: int,
        plans: Callable[[list[Ended], Report], Iterable[Plan]],
    ) -> Report:
        report, began = Report(), time.monotonic()
        with self._ready(scenario):
            usual, expected, wrong = self._uninterrupted(scenario)
            if wrong:
                self._keep(report, Finding(name, seed, -1, [], wrong))
            for plan in () if wrong else plans(usual, report):
                killed, found = self._trial(scenario, plan, expected)
                if found:
                    self._keep(report, Finding(name, seed, report.trials, plan, found))
                report.kills += killed
                report.trials += 1
        report.seconds = time.monotonic() - began
        return report

    def replay(self, scenario: Scenario, plan: Plan) -> list[str]:
        """Return what is wrong when a scenario is killed at the moments of a finding."""
        with self._ready(scenario):
            _, expected, wrong = self._uninterrupted(scenario)
            return wrong or self._trial(scenario, plan, expected)[1]

    @contextmanager
    def _ready(self, scenario: Scenario) -> Iterator[None]:
        """Let what a scenario needs be there."""
        if scenario.captioner and not (self.shared / "tiny.ckpt").exists():
            self._clear()
            ended = self.warm.run(MAIN, captioner(self.shared, self.folder), self.folder)
            assert ended.code == 0, self._last_words()
            (best,) = self.folder.glob("runs/run/*/checkpoints/best.ckpt")
            best.replace(self.shared / "tiny.ckpt")
        with serving(self.shared) if scenario.server else nullcontext():
            yield

    def _uninterrupted(self, scenario: Scenario) -> tuple[list[Ended], Outcome, list[str]]:
        """Run a scenario twice; return how its commands end, what comes of it, what is wrong."""
        outcomes: list[Outcome] = []
        for _ in range(2):
            usual = []
            self._clear()
            for command in scenario.commands:
                argv = command(self.shared, self.folder)
                usual.append(self.warm.run(scenario.function, argv, self.folder))
                if usual[-1].code != 0 or usual[-1].left:
                    return usual, {}, self._failed(usual[-1])
            outcomes.append(scenario.outcome(self.folder))
        wrong = [f"uninterrupted: {line}" for line in differences(*outcomes)]
        return usual, outcomes[0], wrong

    def _trial(self, scenario: Scenario, plan: Plan, expected: Outcome) -> tuple[int, list[str]]:
        """Run a scenario with kills on the way; return how many there were and what is wrong."""
        self._clear()
        killed = 0
        for command, moments in zip(scenario.commands, plan, strict=True):
            for moment in (*moments, None):
                argv = command(self.shared, self.folder)
                ended = self.warm.run(scenario.function, argv, self.folder, moment)
                if ended.left:
                    return killed, self._failed(ended)
                if ended.code == 0:
                    break
                if moment is None or not self._was_killed(ended, moment):
                    return killed, self._failed(ended)
                killed += 1
                if bad := unreadable(self.folder):
                    return killed, [f"after a kill: {line}" for line in bad]
                if any(self.folder.rglob("events.out.*")):
                    time.sleep(1.05)  # TensorBoard orders files by the seconds in their names
        try:
            found = scenario.outcome(self.folder)
        except Exception as error:
            return killed, [f"what should be there cannot be read: {error!r}"]
        return killed, differences(forgiven(expected, found, killed), found)[:_SHOWN]

    def _was_killed(self, ended: Ended, moment: Moment) -> bool:
        """Tell the end that was asked for from one that a command came to by itself."""
        number = int(self.warm.signal_number)
        codes = [-number, 128 + number]
        # a command may say that what it has started failed: all of it, or a part
        return ended.code in ([*codes, 1, 2] if moment.child else codes)

    def _failed(self, ended: Ended) -> list[str]:
        left = [f"still running: {command}" for command in ended.left]
        return [f"exit code {ended.code}", *left, *self._last_words()]

    def _last_words(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()[-_SHOWN:]

    @property
    def _log(self) -> Path:
        return self.folder.with_name("log.txt")

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self._log.write_text("")

    def _keep(self, report: Report, finding: Finding) -> None:
        report.findings.append(finding)
        place = self.out / f"{finding.scenario}-{finding.seed}-{finding.trial}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "finding.json").write_text(json.dumps(asdict(finding), indent=1) + "\n")
        shutil.copy(self._log, place / "log.txt")
        shutil.copytree(self.folder, place / "folder", symlinks=True, ignore=_sockets)


def _sockets(folder: str, names: list[str]) -> set[str]:
    """Return which of the files in a folder cannot be copied."""
    return {name for name in names if Path(folder, name).is_socket()}


def forgiven(expected: Outcome, found: Outcome, killed: int) -> Outcome:
    """Return what is expected after so many kills: the curves may lack a step for each of them.

    Lightning logs a step after the checkpoint of that step has been written: a kill just between
    the two costs a point of the curves, and nothing else.
    """
    lost = {
        match["step"]
        for name in expected
        if name not in found and (match := _POINT.fullmatch(name))
    }
    if len(lost) > killed:
        return expected
    return {
        name: value
        for name, value in expected.items()
        if name in found or not ((match := _POINT.fullmatch(name)) and match["step"] in lost)
    }


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """Return a line for each result that is missing, new or another one."""
    names: Sequence[str] = sorted({*expected, *found})
    return [
        f"{name}: expected {expected.get(name, 'nothing')!r:.200}, "
        f"found {found.get(name, 'nothing')!r:.200}"
        for name in names
        if expected.get(name) != found.get(name)
    ]
