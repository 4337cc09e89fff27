"""Where a run writes: ``runs_dir/name/version_N``."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import SaveConfigCallback
from lightning.pytorch.loggers import TensorBoardLogger


class SaveFitConfig(SaveConfigCallback):
    """Write the settings of a training run; those of a later test do not replace them."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write ``config.yaml`` when fitting."""
        if stage == "fit":
            super().setup(trainer, pl_module, stage)


def run_logger(runs_dir: str, name: str, checkpoint: Path | None) -> TensorBoardLogger:
    """Return the logger of a run, whose folder is that of the run.

    Args:
        runs_dir: Folder of all runs.
        name: Name of the run; every run of that name has a folder of its own.
        checkpoint: What the run goes on from or evaluates, if anything: then it goes on in the
            folder that this lies in, if a run wrote it there.
    """
    # Absolute, because the run is found again from the absolute path of its checkpoint.
    run = Path(runs_dir).resolve() / name / "new"
    if checkpoint and checkpoint.resolve().parent.name == "checkpoints":
        run = checkpoint.resolve().parents[1]
    return TensorBoardLogger(
        run.parents[1],
        name=run.parent.name,
        version=run.name if run.name != "new" else None,
        default_hp_metric=False,
    )
