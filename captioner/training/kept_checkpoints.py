"""Which checkpoints a run has left behind."""

from __future__ import annotations

import os
from pathlib import Path

from lightning.pytorch import Trainer


def newest_checkpoint(trainer: Trainer, *names: str) -> str | None:
    """Return the newest of a run's own checkpoints, from here if that is shorter.

    Other processes are not asked where the run writes: they may not have come to this point.

    Args:
        trainer: Of the run.
        names: Of the files that count, such as ``last.ckpt``.

    Returns:
        The file; None if there is none.
    """
    folders = {getattr(callback, "dirpath", None) for callback in trainer.checkpoint_callbacks}
    if trainer.world_size == 1 and trainer.log_dir is not None:
        folders.add(os.path.join(trainer.log_dir, "checkpoints"))  # noqa: PTH118 - as dirpath is
    files = [Path(folder) / name for folder in folders if folder for name in names]
    there = [file for file in files if file.is_file()]
    return shorter(max(there, key=lambda file: file.stat().st_mtime)) if there else None


def shorter(path: str | Path) -> str:
    """Return a path from the working folder, if that is shorter than the whole one.

    Example:
        >>> shorter(Path.cwd() / "best.ckpt")
        'best.ckpt'
    """
    try:
        return min(str(path), os.path.relpath(path), key=len)
    except ValueError:  # on another drive
        return str(path)
