"""COCO results file: the captions of a test, in the format that every project reads."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import torch.distributed
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.files import atomic_write
from captioner.types import Caption, CaptionBatch


class ResultsFile(Callback):
    """Write the captions of ``test`` to ``test_captions.json`` in the folder of the run.

    The format is COCO's for results: a list of ``{"image_id": .., "caption": ..}``, here in the
    order of the ids, which is the same for any size of batches and any number of processes.

    Example:
        >>> ResultsFile().file_name
        'test_captions.json'
    """

    file_name = "test_captions.json"

    def __init__(self) -> None:
        self._results: list[dict[str, Any]] = []

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: CaptionBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect the captions of a batch."""
        captions: list[list[Caption]] = outputs["captions"]
        for image_id, (best, *_) in zip(batch.image_ids, captions, strict=True):
            self._results.append({"image_id": image_id, "caption": best.text})

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write all captions, each image once, in one go."""
        results, self._results = _gather(trainer, self._results), []
        folder = trainer.log_dir  # asked on every process: the first one tells the others
        if trainer.is_global_zero and folder is not None:
            content = json.dumps(results, indent=1, ensure_ascii=False)
            atomic_write(Path(folder) / self.file_name, content, parents=True)


def _gather(trainer: Trainer, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results of all processes, each image once, sorted."""
    if trainer.world_size > 1:
        parts: list[Any] = [None] * trainer.world_size
        torch.distributed.all_gather_object(parts, results)
        results = list(chain.from_iterable(parts))
    once = {result["image_id"]: result for result in results}
    return [once[image_id] for image_id in sorted(once)]
