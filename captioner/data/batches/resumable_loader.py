"""Stateful data loader: batches in an order that survives an interruption."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, Generic, TypeVar
from weakref import ref

import torch
from torch.utils.data import DataLoader, Dataset

from captioner.data.batches.sampler import EpochBatches
from captioner.data.batches.worker_signals import leave_signals_to_main

log = logging.getLogger(__name__)
Batch = TypeVar("Batch")


class ResumableLoader(Generic[Batch]):
    """Iterate over the batches of a data set, and remember how far it got.

    Lightning stores ``state_dict()`` in every checkpoint. After ``load_state_dict()`` the loader
    goes on with the batch that follows the last one *delivered*; what workers had prepared in
    advance does not count. Iterating draws nothing from the global random state, so dropout after
    an interruption equals dropout without one.

    This is no ``DataLoader``, it owns one: Lightning would replace a ``DataLoader``'s sampler
    under several devices, and start iterating before it has said which epoch it is.

    Args:
        dataset: The examples; an (epoch, index) gives one.
        batches: Deals the examples out.
        collate: Makes a batch of examples.
        num_workers: Processes that read ahead; 0 reads in this process.
        pin_memory: Put batches into page-locked memory, for copies to a GPU.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        batches: EpochBatches,
        collate: Callable[[Any], Any],
        *,
        num_workers: int = 0,
        pin_memory: bool = False,
    ) -> None:
        self.sampler = self.batch_sampler = batches  # where Lightning looks for set_epoch()
        self._epoch = self._delivered = 0
        self._resume: dict[str, Any] = {}
        self._make = partial(
            DataLoader,
            dataset,
            batch_sampler=batches,
            collate_fn=collate,
            num_workers=num_workers,
            worker_init_fn=leave_signals_to_main,
            persistent_workers=num_workers > 0,
            pin_memory=pin_memory,
            # without a generator of its own a DataLoader draws seeds from the global one
            generator=torch.Generator().manual_seed(batches.seed),
        )
        self._loader: DataLoader[Any] | None = None
        self._running: ref[Generator[Batch, None, None]] | None = None

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, wherever iteration begins."""
        return len(self.sampler)

    def __iter__(self) -> Iterator[Batch]:
        batches = self._iterate()
        self._running = ref(batches)
        return batches

    def _iterate(self) -> Generator[Batch, None, None]:
        # A generator: nothing happens before the first batch is asked for, by which time
        # Lightning has set the epoch.
        resume, self._resume = self._resume, {}
        self._epoch = self.sampler.epoch
        self._delivered = resume["batches"] if self._continues(resume) else 0
        self.sampler.skip = self._delivered
        if self._loader is None:
            self._loader = self._make()
        for loaded in self._loader:
            batch = self._unwrap(loaded)
            self._delivered += 1
            yield batch

    def _unwrap(self, loaded: Any) -> Batch:
        """Return the batch in what ``collate`` made."""
        batch: Batch = loaded
        return batch

    def close(self) -> None:
        """End the worker processes and the running iteration; a later one starts new ones.

        Processes that are left to the garbage collector may keep it waiting for many seconds.
        """
        if self._running is not None and (running := self._running()) is not None:
            running.close()
        self._loader = None

    def state_dict(self) -> dict[str, Any]:
        """Return the place in the data, as plain numbers."""
        return self._resume or {
            "epoch": self._epoch,
            "batches": self._delivered,
            **self.sampler.settings,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state_dict()`` was taken, with the next iteration."""
        self._resume = dict(state)

    def _continues(self, resume: dict[str, Any]) -> bool:
        """Return whether the epoch to come is the one that was interrupted."""
        if resume.get("epoch") != self.sampler.epoch:
            return False
        before = {"bucket_batches": 1, **resume}  # which the first checkpoints do not name
        now = self.sampler.settings
        changed = [
            f"{name} {before.get(name)} -> {now.get(name)}"
            for name in {**now, **before}
            if name not in ("epoch", "batches") and before.get(name) != now.get(name)
        ]
        if changed:
            log.warning(
                "The data settings differ from the checkpoint's (%s): the interrupted epoch goes "
                "on with other batches than it would have had.",
                ", ".join(changed),
            )
        return True
