"""Random states survive the way through a checkpoint."""

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule

from captioner.callbacks import RandomStates


def begin(callback, rank=0, processes=1) -> None:
    trainer = SimpleNamespace(global_rank=rank, world_size=processes)
    callback.on_train_start(trainer, None)
    callback.on_train_batch_start(trainer, None, None, 0)


def seed(value) -> None:
    random.seed(value)
    np.random.seed(value)  # noqa: NPY002
    torch.manual_seed(value)


def draw() -> tuple:
    # gauss() and randn() keep a spare number between calls, which belongs to the state
    return random.gauss(0, 1), np.random.randn(), torch.randn(1).item(), random.random()  # noqa: NPY002


def test_draws_go_on_where_they_were(tmp_path):
    seed(1)
    draw()
    torch.save(RandomStates().state_dict(), tmp_path / "states.ckpt")
    expected = [draw() for _ in range(3)]

    seed(2)
    callback = RandomStates()
    callback.load_state_dict(torch.load(tmp_path / "states.ckpt", weights_only=True))
    assert draw() != expected[0]  # nothing is put back before the first batch
    begin(callback)
    assert [draw() for _ in range(3)] == expected

    trainer: Any = SimpleNamespace()
    callback.on_train_batch_start(trainer, LightningModule(), None, 1)
    assert draw() != expected[0]  # and nothing twice


def drawn_by(rank, processes, loaded=None):
    seed(1)
    callback = RandomStates()
    if loaded is not None:
        callback.load_state_dict(loaded)
    begin(callback, rank, processes)
    return draw()


def test_processes_with_the_same_seed_draw_different_numbers():
    alone, *together = drawn_by(0, 1), *(drawn_by(rank, 3) for rank in range(3))
    assert together[0] == alone
    for numbers in zip(*together, strict=True):
        assert len(set(numbers)) == 3


def test_each_process_goes_on_with_its_own_states():
    parts = []
    for value in (5, 6):
        seed(value)
        parts.append(RandomStates().state_dict())
    saved = {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
    expected = []
    for value in (5, 6):
        seed(value)
        expected.append(draw())
    assert [drawn_by(rank, 2, saved) for rank in (0, 1)] == expected
    # Another number of processes: the first goes on, the others draw something new.
    others = [drawn_by(rank, 3, saved) for rank in range(3)]
    assert others[0] == expected[0]
    assert len({*expected, *others}) == 4
