"""Folder of a run, ``runs_dir/name/version_N``: its loggers, its settings, its lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import Namespace
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from lightning_utilities.core.rank_zero import rank_zero_only

from captioner.callbacks.results_file import ResultsFile
from captioner.commands.output_paths import files_in_settings, refuse_overwriting_inputs
from captioner.errors import CaptionerError
from captioner.files import atomic_write, unwritable
from captioner.locks import hold_folder_lock
from captioner.training.checkpointed_module import CheckpointedModule

# Settings that may name files of the run itself, which it goes on from or has begun with.
_FILES_OF_RUN = ("config", "ckpt_path", "init_from")

LOCK_TIMEOUT = 10.0
"""Seconds that what a killed training has left behind may take to end."""


class SaveFitConfig(SaveConfigCallback):
    """Callback that writes the settings of a training run; a later test does not replace them.

    ``config.yaml`` is what is trained now. If a run goes on with other settings, those until then
    stay beside it: ``config_until_step_N.yaml``.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load nothing."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write ``config.yaml`` when fitting, whole or not at all.

        Raises:
            CaptionerError: If it cannot be written.
        """
        if stage != "fit" or self.already_saved:
            return
        folder = trainer.log_dir  # asked on every process: the first one tells the others
        if trainer.is_global_zero and folder is not None:
            text = self.parser.dump(self.config, skip_none=False)
            file = Path(folder) / self.config_filename
            self._before = file.read_text("utf-8", "replace") if file.is_file() else text
            atomic_write(file, text, parents=True)
        self.already_saved = True

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the former settings, if others take their place.

        Raises:
            CaptionerError: If they cannot be written.
        """
        folder = trainer.log_dir
        if trainer.state.fn != "fit" or not trainer.is_global_zero or folder is None:
            return
        now = (Path(folder) / self.config_filename).read_text(encoding="utf-8")
        assert isinstance(pl_module, CheckpointedModule)
        before, after = (
            _of_training(text, pl_module.not_architecture) for text in (self._before, now)
        )
        if before != after:
            kept = Path(folder) / f"config_until_step_{checkpoint['global_step']}.yaml"
            if not kept.exists():  # what came after it has left nothing
                atomic_write(kept, self._before)


def _of_training(text: str, not_architecture: Iterable[str]) -> Any:
    """Return settings but for what a run that goes on cannot change: its origin and architecture.

    A checkpoint may spell the latter in another way than the command did. Of a file that somebody
    has changed into something else, the text itself is returned.
    """
    try:
        settings = yaml.safe_load(text)
        arguments = settings["model"]["init_args"]
        trained = {name: arguments.get(name) for name in not_architecture}
    except (yaml.YAMLError, LookupError, TypeError, AttributeError):
        return text
    return {**settings, "model": trained, "ckpt_path": None}


class RunLogger(TensorBoardLogger):
    """TensorBoard logger whose folder no other run has.

    The folder is made as soon as it is asked for: runs that start at the same moment, as the tasks
    of a job array do, get different ones.
    """

    def _get_next_version(self) -> int:
        version = super()._get_next_version()
        while _is_first():  # which tells the others
            folder = Path(self.root_dir, f"version_{version}")
            try:
                folder.mkdir(parents=True)
                break
            except OSError as error:
                if not folder.exists():
                    raise unwritable(folder, error) from None
                version += 1
        return version

    def remove_if_empty(self) -> None:
        """Delete the folder if nothing has been written to it."""
        if isinstance(self._version, int) and _is_first():
            with suppress(OSError):
                Path(self.log_dir).rmdir()


def run_logger(runs_dir: str, name: str, checkpoint: Path | None) -> RunLogger:
    """Return the logger of a run, whose folder is that of the run.

    Args:
        runs_dir: Folder of all runs.
        name: Name of the run; every run of that name has a folder of its own.
        checkpoint: What the run goes on from or evaluates, if anything: then it goes on in the
            folder that this lies in, if a run wrote it there.
    """
    # Absolute, because the run is found again from the absolute path of its checkpoint.
    found = None if checkpoint is None else run_folder_of(checkpoint)
    run = found or Path(runs_dir).resolve() / name / "new"
    return RunLogger(
        run.parents[1],
        name=run.parent.name,
        version=run.name if run.name != "new" else None,
        default_hp_metric=False,
    )


def run_loggers(own: RunLogger, given: Logger | Sequence[Logger] | None) -> list[Logger]:
    """Return the loggers of a run, first the one whose folder is that of the run.

    Lightning writes beside the first one, and others share their folder among runs.

    Args:
        own: That of the run; a TensorBoardLogger among those given stands in for it.
        given: What the user has chosen.
    """
    chosen = [] if given is None else [given] if isinstance(given, Logger) else list(given)
    have_folders = [each for each in chosen if isinstance(each, TensorBoardLogger)] or [own]
    for each in have_folders:  # one that wrote the run before goes on in its folder
        goes_on = isinstance(own._version, str) and each is not own and each._version is None
        if goes_on and Path(each.root_dir).resolve() == Path(own.root_dir):
            each._version = own._version
    return [*have_folders, *(each for each in chosen if each not in have_folders)]


def run_folder_of(checkpoint: Path) -> Path | None:
    """Return the folder of the run that wrote a checkpoint; None if it lies in none.

    Example:
        >>> run_folder_of(Path("lstm/version_0/checkpoints/best.ckpt")).name
        'version_0'
    """
    folder = checkpoint.resolve().parent
    return folder.parent if folder.name == "checkpoints" else None


def _is_first() -> bool:
    return getattr(rank_zero_only, "rank", 0) == 0


def keep_inputs_of_run(checkpoint: Path, settings: Namespace) -> None:
    """Refuse a run that would write over what it reads, except for what it goes on from.

    Args:
        checkpoint: What it goes on from or evaluates.
        settings: Those of the run.

    Raises:
        CaptionerError: If a file that it reads is one of those that it writes.
    """
    if (folder := run_folder_of(checkpoint)) is not None:
        written = (folder / ResultsFile.file_name, *(folder / "checkpoints").glob("*.ckpt"))
        read = files_in_settings(settings, but=_FILES_OF_RUN)
        refuse_overwriting_inputs("runs_dir", written, read)


@contextmanager
def training_lock(trainer: Trainer) -> Iterator[None]:
    """Lock a run for training while the block runs: no other process trains it.

    Two that go on from one checkpoint would write over each other's.

    Raises:
        CaptionerError: If another process trains it.
    """
    folder = Path(str(getattr(trainer.logger, "log_dir", None) or trainer.default_root_dir))
    if not trainer.is_global_zero or not folder.is_dir():
        yield
        return

    def refuse() -> None:
        raise CaptionerError(
            f"{folder}: expected a run that no other process trains, found one that does; it must"
            " end first"
        )

    with hold_folder_lock(folder, refuse, LOCK_TIMEOUT):
        yield


def log_folders(trainer: Trainer) -> str:
    """Return the log folders of a trainer, without asking processes that may have failed."""
    found = (getattr(logger, "log_dir", None) for logger in trainer.loggers)
    folders = dict.fromkeys(str(folder) for folder in found if folder)
    return " or ".join(folders) or str(trainer.default_root_dir)
