"""What all benchmarks share: alternating runs, a small table, a JSON file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from captioner.devices import has_fast_bfloat16
from captioner.files import atomic_write
from captioner.plain_json import to_plain


@dataclass(frozen=True)
class Row:
    """Hold one comparison; the lower figure is the better one.

    Attributes:
        name: What is measured.
        ours: Median of our runs.
        peer: Median of the other side's runs.
        unit: Of both.
    """

    name: str
    ours: float
    peer: float
    unit: str

    @property
    def ratio(self) -> float:
        """How many times as much the peer needs."""
        return self.peer / self.ours


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--threads", type=int, default=cores(), help="threads of torch")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side")
    return parser


def cores() -> int:
    """Return the number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def has_bfloat16_rows(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16, and not only emulates it; say so if it does not.

    What emulation takes says nothing of either side.
    """
    fast = has_fast_bfloat16(device)
    if not fast:
        print(f"{device.type}: no instructions for bfloat16, so no rows in bfloat16")
    return fast


def seconds(action: Callable[[], object]) -> float:
    """Return the wall-clock time of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(
    name: str,
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    unit: str,
    repeats: int,
) -> Row:
    """Run both sides in turns, so that a busy moment hits both; return the medians.

    Args:
        name: What is measured.
        ours: Does our side's work once and returns its figure.
        peer: The same of the other side.
        unit: Of both figures.
        repeats: Runs of each side.
    """
    runs = [(ours(), peer()) for _ in range(repeats)]
    mine, theirs = (statistics.median(column) for column in zip(*runs, strict=True))
    return Row(name, mine, theirs, unit)


def report(rows: Sequence[Row], *, json_file: Path | None, dtype: str, device: str = "cpu") -> None:
    """Print the table; write it as JSON where asked for.

    Args:
        rows: The comparisons.
        json_file: Where to write ``{machine, device, threads, dtype, rows}``, or None.
        dtype: Number format of the work measured.
        device: Name of the device that did it.
    """
    width = max(len(row.name) for row in rows)
    print(f"{'':{width}}  {'ours':>10}  {'peer':>10}  {'unit':<12}  ratio")
    for row in rows:
        figures = f"{row.ours:10.4g}  {row.peer:10.4g}  {row.unit:<12}  {row.ratio:.3g}x"
        print(f"{row.name:{width}}  {figures}")
    if json_file is None:
        return
    content = {
        "machine": f"{platform.system()} {platform.machine()}, {cores()} cores",
        "device": device,
        "threads": torch.get_num_threads(),
        "dtype": dtype,
        "rows": [
            {
                "name": row.name,
                "ours": row.ours,
                "peer": row.peer,
                "unit": row.unit,
                "ratio": row.ratio,
            }
            for row in rows
        ],
    }
    text = json.dumps(to_plain(content), indent=1, allow_nan=False)
    atomic_write(json_file, text + "\n")
