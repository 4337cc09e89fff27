"""Training cost: time, memory, throughput, and images seen."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.training.job_limits import stopped_mid_epoch
from captioner.types import CaptionBatch, TextBatch

try:
    import resource
except ImportError:  # pragma: no cover - Windows has none
    resource = None  # type: ignore[assignment]


class TrainingCost(Callback):
    """Log what training has taken so far, with every validation and at the end of every epoch.

    - ``cost/seconds``: time in training steps and in waiting for data; validation and the writing
      of checkpoints are left out.
    - ``cost/captions_per_second``: reference captions learnt from in that time, all processes
      together; sentences for a language model.
    - ``cost/images_seen``: images that went through the captioner, repetitions counted.
    - ``cost/peak_memory``: the most memory that a process held (CPU, validation included) or that
      was taken on its device (CUDA), in MiB; the largest of all processes.

    A resumed run goes on counting from its checkpoint: what a killed run did after its last one is
    lost, and so is its cost. A run that goes on from a checkpoint without a record logs nothing,
    because its figures would not be those of all its steps.

    Example:
        >>> sorted(TrainingCost().state_dict())
        ['captions', 'images', 'peak_memory', 'seconds']
    """

    def __init__(self) -> None:
        self._watch = _Stopwatch()
        # Of this process. A checkpoint is written by the first one, which takes the others to have
        # learnt from as much as itself: batches are dealt out evenly.
        self._images = self._captions = 0.0
        self._peak_memory = 0.0
        self._processes = 1
        self._loaded: dict[str, float] | None = None
        self._is_whole = True
        self._logged_at = 0

    def state_dict(self) -> dict[str, Any]:
        """Return what has been counted so far, for all processes; nothing if it is not all."""
        if not self._is_whole:
            return {}
        return {
            "seconds": self._watch.seconds,
            "images": self._images * self._processes,
            "captions": self._captions * self._processes,
            "peak_memory": self._peak_memory,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the record until training starts."""
        self._loaded = state_dict

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin, or go on from the record of a checkpoint."""
        self._processes = trainer.world_size
        self._is_whole = self._loaded is not None or trainer.global_step == 0
        past = self._loaded or {"seconds": 0.0, "images": 0, "captions": 0, "peak_memory": 0.0}
        self._loaded = None
        self._watch = _Stopwatch(past["seconds"])
        self._images = past["images"] / self._processes
        self._captions = past["captions"] / self._processes
        self._peak_memory = past["peak_memory"]
        self._logged_at = trainer.global_step
        if pl_module.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(pl_module.device)
        self._watch.start()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Go on after what happens between two epochs."""
        self._watch.start()

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Go on if a checkpoint was written before this batch."""
        self._watch.start()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count what was learnt from."""
        if isinstance(batch, CaptionBatch):
            self._images += len(batch)
            self._captions += sum(map(len, batch.references))
        elif isinstance(batch, TextBatch):
            self._captions += len(batch)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave validation out."""
        self._stop(pl_module)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log beside the scores."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._log(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Go on with training."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._watch.start()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log, unless a validation has just done so, or the epoch goes on in another job."""
        self._stop(pl_module)
        goes_on = stopped_mid_epoch(trainer) and trainer.max_epochs != -1
        if self._logged_at != trainer.global_step and not goes_on:
            self._log(trainer, pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Leave the writing of the checkpoint out, which follows."""
        self._stop(pl_module)

    def _stop(self, pl_module: LightningModule) -> None:
        if pl_module.device.type == "cuda":  # which may be behind with its work
            torch.cuda.synchronize(pl_module.device)
        self._watch.stop()

    def _log(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._logged_at = trainer.global_step
        if not self._is_whole or self._watch.seconds == 0:
            return
        self._peak_memory = max(self._peak_memory, _peak_memory(pl_module.device))
        counted = torch.tensor([self._images, self._captions], device=pl_module.device)
        images, captions = trainer.strategy.reduce(counted, reduce_op="sum").tolist()
        peak = torch.tensor(self._peak_memory, device=pl_module.device)
        figures = {
            "seconds": self._watch.seconds,
            "captions_per_second": captions / self._watch.seconds,
            "images_seen": images,
            "peak_memory": trainer.strategy.reduce(peak, reduce_op="max").item(),
        }
        known = {f"cost/{name}": value for name, value in figures.items() if value > 0}
        pl_module.log_dict(known, rank_zero_only=True)


class _Stopwatch:
    """Add up the time between starts and stops; a second start or stop does nothing."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._started: float | None = None

    @property
    def seconds(self) -> float:
        now = 0.0 if self._started is None else perf_counter() - self._started
        return self._before + now

    def start(self) -> None:
        if self._started is None:
            self._started = perf_counter()

    def stop(self) -> None:
        self._before, self._started = self.seconds, None


def _peak_memory(device: torch.device) -> float:
    """Return the most MiB that have been held so far; 0 where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    if resource is None:  # pragma: no cover
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, KiB elsewhere
