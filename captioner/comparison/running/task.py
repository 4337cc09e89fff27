"""Task: one command of a comparison, whether it has been done, and how it is resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import yaml

from captioner.comparison.planning.plan import Settings, to_arguments
from captioner.errors import CaptionerError
from captioner.files import atomic_write, unwritable
from captioner.shipped_configs import find_config


class Length(Protocol):
    """How long a training is, where that follows from others that are done by then."""

    @property
    def sources(self) -> tuple[Task, ...]:
        """The trainings that it follows from."""
        ...

    def settings(self) -> Settings:
        """Return the settings that say it."""
        ...


@dataclass(frozen=True)
class Task:
    """A ``fit`` or a ``test``, which runs in a process of its own.

    Attributes:
        model: Name of the captioner in the comparison.
        seed: Of its training.
        command: ``fit`` or ``test``.
        config: Its YAML file, or the name of a shipped one.
        settings: What differs from that file.
        folder: Where it writes: ``log.txt``, and ``version_N`` of the run.
        after: The task that must be done before.
        takes: Settings that a checkpoint of other tasks decides: setting -> the task.
        arm: What is different from the other trainings of this captioner: "equal time"; "" for
            those that are as its configuration says.
        length: Of the training, if it follows from others.
    """

    model: str
    seed: int
    command: str
    config: str
    settings: Settings
    folder: Path
    after: Task | None = None
    takes: tuple[tuple[str, Task], ...] = ()
    arm: str = ""
    length: Length | None = None

    @property
    def needs(self) -> tuple[Task, ...]:
        """The tasks that must be done before."""
        before = () if self.after is None else (self.after,)
        return (*before, *(self.length.sources if self.length is not None else ()))

    @property
    def done(self) -> bool:
        """Whether just this was finished, in this comparison or in one that was interrupted."""
        mark = _read(self._mark)
        return mark is not None and _same(mark, self._identity)

    @property
    def is_pretraining(self) -> bool:
        """Whether it trains what a captioner needs, in place of a captioner."""
        return self.folder.name.startswith("pretraining")

    @property
    def run(self) -> Path:
        """The folder of the run: the newest ``version_N``."""
        runs = [path for path in self.folder.glob("version_*") if path.name[8:].isdigit()]
        return max(runs, key=lambda path: int(path.name[8:]), default=self.folder / "version_0")

    @property
    def best(self) -> Path:
        """The checkpoint that ``fit`` chose."""
        return self.run / "checkpoints" / "best.ckpt"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint that ``test`` tests."""
        taken = dict(self.takes)
        return taken["ckpt_path"].best if taken else Path(self.settings["ckpt_path"])

    @property
    def label(self) -> str:
        """What it is, in words."""
        seed = f" of seed {self.seed}" if self.after or self.command == "fit" else ""
        if self.is_pretraining:
            return f"{self.model}, pre-training{seed}"
        arm = f" ({self.arm})" if self.arm else ""
        return f"{self.model}, {'training' if self.command == 'fit' else 'test'}{seed}{arm}"

    @property
    def log(self) -> Path:
        """What the command prints."""
        return self.folder / "log.txt"

    def arguments(self) -> list[str]:
        """Return the arguments of the command line; a training that was cut short goes on."""
        settings = self._own_settings()
        settings |= {name: str(task.best) for name, task in self.takes}
        settings.setdefault("trainer.enable_progress_bar", False)  # nobody looks at it
        if self.command == "fit":
            settings |= {"seed_everything": self.seed, "name": self.folder.name}
            settings |= {"runs_dir": str(self.folder.parent)}
            last = self.run / "checkpoints" / "last.ckpt"
            settings |= {"ckpt_path": str(last)} if last.is_file() else {}
        return [self.command, f"--config={self.config}", *to_arguments(settings)]

    def check(self) -> None:
        """Refuse to go on with what is not the same; a test takes the place of another one.

        Raises:
            CaptionerError: If it is a training that was begun with other settings.
        """
        begun = _read(self._begun) if self.command == "fit" else None
        if begun is not None and not _same(begun, self._identity):
            raise CaptionerError(
                f"{self.folder}: expected what these settings lead to, found the {self.command} of"
                f" others ({_difference(begun, self._identity)}); name another --out, or delete it"
            )

    def start(self) -> None:
        """Write down what is about to be run.

        Raises:
            CaptionerError: As ``check`` does, or if nothing can be written there.
        """
        self.check()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._mark.unlink(missing_ok=True)  # what it vouches for is about to be replaced
        except OSError as error:
            raise unwritable(self.folder, error) from None
        atomic_write(self._begun, json.dumps(self._identity, indent=1))

    def finish(self) -> None:
        """Write down that it is done."""
        atomic_write(self._mark, json.dumps(self._identity, indent=1))

    @property
    def _begun(self) -> Path:
        return self.folder / f"{self.command}.json"

    @property
    def _mark(self) -> Path:
        return self.folder / f"{self.command}.done.json"

    @property
    def _identity(self) -> dict[str, Any]:
        """What makes it the same task as one of an earlier comparison, wherever that wrote."""
        text = find_config(self.config).read_text(encoding="utf-8")
        takes = [name for name, _ in self.takes]
        tested = {"tested": _digest(self.checkpoint)} if self.command == "test" else {}
        return {"seed": self.seed, "config": text, **self._own_settings(), "takes": takes, **tested}

    def _own_settings(self) -> Settings:
        if self.command != "fit":
            return self.settings
        seeded: Settings = {
            "data.seed": self.seed
        }  # the order of what is learnt from, and its augmentation
        return seeded | self.settings | (self.length.settings() if self.length else {})


def begun_training(folder: Path) -> dict[str, Any]:
    """Return the settings that the ``fit`` of a folder was begun with; empty if there are none."""
    begun = _read(folder / "fit.json")
    return begun if isinstance(begun, dict) else {}


def _same(begun: Any, now: dict[str, Any]) -> bool:
    """Return whether two identities mean the same; comments in a YAML file mean nothing."""
    return begun == now or (isinstance(begun, dict) and _meaning(begun) == _meaning(now))


def _meaning(identity: dict[str, Any]) -> dict[str, Any]:
    try:
        return identity | {"config": yaml.safe_load(identity["config"])}
    except (KeyError, AttributeError, yaml.YAMLError):
        return identity


def _digest(file: Path) -> str | None:
    """Return what tells a checkpoint from another one of its name; None if there is none."""
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


def _difference(begun: Any, now: dict[str, Any]) -> str:
    if not isinstance(begun, dict):
        return "unreadable"
    names = [name for name in {**begun, **now} if begun.get(name) != now.get(name)]
    shown = [f"{name} {begun.get(name)!r}, now {now.get(name)!r}" for name in names]
    return "the YAML file has changed" if names[0] == "config" else shown[0]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        return "unreadable"
