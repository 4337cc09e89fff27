"""The machine that something was measured on, in words."""

from __future__ import annotations

import os
import platform

import torch

_BUSY = 1.5  # processes for each core; what has just been trained is still in the average


def describe_machine(device: torch.device, threads: int | None = None) -> str:
    """Return what a reader must know to judge the times that were measured.

    Args:
        device: What they were measured on.
        threads: Threads of torch on the CPU at that time; those that it has now if not given.

    Example:
        >>> describe_machine(torch.device("cpu")).split(",")[-1].split()[0]
        'torch'
    """
    used = threads or torch.get_num_threads()
    cores = f"{os.cpu_count()} CPU cores ({platform.machine()}), {used} of them used"
    gpu = f", {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""
    return f"{cores}{gpu}, torch {torch.__version__}"


def load_of_machine() -> float:
    """Return how many processes ran or waited to run in the last minute; 0 if nobody counts them.

    Example:
        >>> load_of_machine() >= 0
        True
    """
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def warn_if_busy(load: float, cores: int) -> list[str]:
    """Return a sentence for the reader if others used the machine while times were measured.

    Args:
        load: Processes that ran or waited to run, on average over the last minute.
        cores: Of the machine.

    Example:
        >>> warn_if_busy(1.9, cores=2)
        []
    """
    if load <= _BUSY * cores:
        return []
    return [
        f"The machine was busy when captioning was timed ({load:.1f} processes for {cores} cores):"
        " times, and what is said of claims about them, are those of a machine that is shared."
    ]
