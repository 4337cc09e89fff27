"""Devices are found by name, or refused with the names that exist."""

import pytest
import torch

from captioner.devices import find_device, has_fast_bfloat16
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


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        # oneDNN computes in bfloat16 with AVX-512 alone, several times slower than in float32
        ({"avx512_f": True, "avx512_bw": True, "avx512_vl": True, "avx512_dq": True}, False),
        ({"amx_tile": True, "amx_bf16": False, "amx_int8": True}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"neon": True, "bf16": True}, True),
        ({"neon": True, "bf16": False}, False),
        ({}, False),
    ],
)
def test_a_cpu_with_instructions_for_bfloat16(monkeypatch, instructions, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert has_fast_bfloat16(torch.device("cpu")) is expected
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert has_fast_bfloat16(torch.device("cpu")) is False


@pytest.mark.parametrize("fast", [True, False])
def test_a_gpu_is_asked_for_what_it_does_not_emulate(monkeypatch, fast):
    def is_supported(including_emulation=True):
        return fast or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert has_fast_bfloat16(torch.device("cuda")) is fast
    assert has_fast_bfloat16(torch.device("mps")) is False


def test_the_names_of_instructions_are_those_that_torch_has():
    x86 = {"avx512_bf16", "amx_bf16"} <= torch.cpu.get_capabilities().keys()
    assert x86 or "bf16" in torch.cpu.get_capabilities()
