"""How many processes read ahead."""

from __future__ import annotations

import os


def default_workers(devices: int, *, cached: bool, on_gpu: bool) -> int:
    """Return a sane number of worker processes for one device.

    Decoding pictures deserves every core but one, up to 16 per device. Cached image tokens are
    only copied: on a CPU that is not worth a process, beside a GPU two hide it.

    Args:
        devices: Devices that share this machine's cores.
        cached: Batches come from the token cache.
        on_gpu: The model runs on a GPU.
    """
    if cached:
        return 2 if on_gpu else 0
    # as far as the operating system tells, cores this process may use: containers get fewer
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(16, max(1, cores // devices - 1))
