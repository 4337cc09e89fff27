"""CheckpointIO with atomic writes: a checkpoint file is there whole or not at all."""

from __future__ import annotations

import os
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from captioner.files import atomic_path, unwritable


class AtomicCheckpointIO(TorchCheckpointIO):
    """Write a checkpoint beside its place and rename it when all of it is on the disk.

    Lightning's own way goes through the system's folder for temporary files; where that is another
    disk, a kill in the middle of the final copy would cost the checkpoint before it as well.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write ``checkpoint`` to ``path``.

        Raises:
            CaptionerError: If it cannot be written; the one that was there before stays.
        """
        path = os.fspath(path)
        with atomic_path(path, parents=True) as temporary, temporary.open("wb") as file:
            try:
                torch.save(checkpoint, file)
            except RuntimeError as error:
                # What a failing disk leads to inside of torch, which goes on writing at its exit.
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                if "PytorchStreamWriter" in str(error):
                    raise unwritable(path, error) from None
                raise
