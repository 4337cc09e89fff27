"""Devices are found by name, or refused with the names that exist."""

import pytest
import torch

from captioner.devices import find_device
from captioner.errors import CaptionerError


@pytest.fixture
def machine(monkeypatch):
    """Return a function that pretends to be on a machine with these devices."""

    def machine(gpus=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return machine


@pytest.mark.parametrize(
    ("gpus", "mps", "name", "expected"),
    [
        (0, False, "cpu", "cpu"),
        (2, True, "cpu", "cpu"),
        (2, False, "cuda", "cuda"),
        (2, False, "cuda:1", "cuda:1"),
        (0, True, "mps", "mps"),
        (0, False, "auto", "cpu"),
        (1, False, "auto", "cuda"),
        (1, True, "auto", "cuda"),
        (0, True, "auto", "mps"),
    ],
)
def test_finds_what_is_there(machine, gpus, mps, name, expected):
    machine(gpus, mps)
    assert find_device(name) == torch.device(expected)


@pytest.mark.parametrize(
    ("gpus", "mps", "name", "there"),
    [
        (0, False, "cuda", "cpu"),
        (0, False, "mps", "cpu"),
        (0, True, "cuda:0", "cpu, mps"),
        (2, False, "cuda:2", "cpu, cuda, cuda:0, cuda:1"),
        (1, False, "gpu", "cpu, cuda, cuda:0"),
        (0, False, "", "cpu"),
    ],
)
def test_refuses_what_is_not(machine, gpus, mps, name, there):
    machine(gpus, mps)
    with pytest.raises(CaptionerError) as told:
        find_device(name)
    assert str(told.value) == f"device: expected one of {there}, found {name!r}"
