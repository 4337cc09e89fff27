"""Checkpoints that a run has written, by age."""

from __future__ import annotations

import os
from pathlib import Path

from lightning.pytorch import Trainer


def newest_checkpoint(trainer: Trainer, *names: str) -> str | None:
    """Return the path of a run's newest checkpoint, relative if that is shorter.

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
    found = [file for file in files if file.is_file()]
    return shorter_path(max(found, key=lambda file: file.stat().st_mtime)) if found else None


def shorter_path(path: str | Path) -> str:
    """Return a path relative to the working folder, if that is shorter than the absolute one.

    Example:
        >>> shorter_path(Path.cwd() / "best.ckpt")
        'best.ckpt'
    """
    try:
        return min(str(path), os.path.relpath(path), key=len)
    except ValueError:  # on another drive
        return str(path)
