"""Torch devices by the name that a user gives, and what they are fast at."""

from __future__ import annotations

import torch

from captioner.errors import CaptionerError

CHECK_EVERY = 100
"""Steps after which values that a GPU holds are looked at, if nothing has it waited for sooner."""

# x86-64 (Cooper Lake, Zen 4, Sapphire Rapids and later), Arm
_BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")


def find_device(name: str) -> torch.device:
    """Return the device of that name, if it is there.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the fastest there is.

    Raises:
        CaptionerError: If this machine has no such device.

    Example:
        >>> find_device("cpu")
        device(type='cpu')
    """
    available = ["cpu"]
    if torch.cuda.is_available():
        available += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        available.append("mps")
    if name == "auto":
        return torch.device("cuda" if "cuda" in available else available[-1])
    if name not in available:
        raise CaptionerError(f"device: expected one of {', '.join(available)}, found {name!r}")
    return torch.device(name)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether a device has instructions for products in bfloat16.

    Without them torch computes them all the same, converting number by number: slower than in
    float32, on a CPU many times so.

    Args:
        device: A device of this machine; of a GPU without a number, the current one.

    Example:
        >>> has_fast_bfloat16(torch.device("meta"))
        False
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False  # torch has its fast products of CPUs from oneDNN
    instructions = torch.cpu.get_capabilities()
    return any(instructions.get(name, False) for name in _BFLOAT16_INSTRUCTIONS)


def is_ready(value: torch.Tensor) -> bool:
    """Return whether a value can be read without waiting for its device to compute it.

    A GPU works behind the program's back; whoever reads one number of it in every step has it
    stand still in every step.

    Args:
        value: A tensor.

    Example:
        >>> is_ready(torch.zeros(())), is_ready(torch.zeros((), device="meta"))
        (True, False)
    """
    return value.device.type == "cpu"
