"""Devices by the name that a user gives."""

from __future__ import annotations

import torch

from captioner.errors import CaptionerError


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
