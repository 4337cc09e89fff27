"""The benchmark of attention over image tokens runs and reports all that is claimed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from captioner.devices import has_fast_bfloat16

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_reports_every_row(tmp_path):
    # So small that what it says of speed means nothing.
    sizes = "--tokens 4 9 --width 16 --heads 2 --vocabulary 30 --repeats 1 --threads 1"
    file = tmp_path / "attention.json"
    command = [sys.executable, BENCHMARKS / "attention.py", *sizes.split(), "--json", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(file.read_text())["rows"]
    precisions = ["float32", *(["bfloat16"] if has_fast_bfloat16(torch.device("cpu")) else [])]
    assert [row["name"] for row in rows] == [
        *(f"attention, {tokens} tokens, {name}" for name in precisions for tokens in (4, 9)),
        "step, 4 tokens",
        "step, 9 tokens",
    ]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows)
