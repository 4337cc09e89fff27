"""Processes that load data go on when their whole group is told to end."""

import os
import signal
from typing import Any

import pytest
from torch.utils.data import DataLoader

from captioner.data.batches.worker_signals import leave_signals_to_main


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_worker_is_not_ended_by_what_the_main_process_is_told():
    numbers: Any = list(range(200))
    loader = DataLoader(
        numbers,
        batch_size=None,
        num_workers=1,
        worker_init_fn=leave_signals_to_main,
        multiprocessing_context="fork",
    )
    batches: Any = iter(loader)
    found = [next(batches)]
    (worker,) = batches._workers
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        os.kill(worker.pid, number)
    assert found + list(batches) == numbers
    worker.join(60)
    assert worker.exitcode == 0
