"""The benchmark of waiting threads runs and reports all that is claimed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_reports_every_row(tmp_path):
    # So small that what it says of speed means nothing.
    sizes = "--width 16 --vocabulary 30 --words 2 --runs 1 --repeats 1 --busy 0 --threads 2"
    file = tmp_path / "waiting.json"
    command = [sys.executable, BENCHMARKS / "waiting.py", *sizes.split(), "--json", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    content = json.loads(file.read_text())
    assert [row["name"] for row in content["rows"]] == [
        "caption alone, as OpenMP does",
        "training step alone, as OpenMP does",
        "caption alone, asleep",
        "training step alone, asleep",
    ]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in content["rows"])
