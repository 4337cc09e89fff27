"""Random states survive the way through a checkpoint."""

import random

import numpy as np
import torch

from captioner.callbacks import RandomStates


def draw() -> tuple:
    # gauss() and randn() keep a spare number between calls, which belongs to the state
    return random.gauss(0, 1), np.random.randn(), torch.randn(1).item(), random.random()  # noqa: NPY002


def test_draws_go_on_where_they_were(tmp_path):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    draw()
    torch.save(RandomStates().state_dict(), tmp_path / "states.ckpt")
    expected = [draw() for _ in range(3)]

    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    torch.manual_seed(2)
    callback = RandomStates()
    callback.load_state_dict(torch.load(tmp_path / "states.ckpt", weights_only=True))
    assert draw() != expected[0]  # nothing is put back before the first batch
    callback.on_train_batch_start(None, None, None, 0)
    assert [draw() for _ in range(3)] == expected

    callback.on_train_batch_start(None, None, None, 1)
    assert draw() != expected[0]  # and nothing twice
