"""The benchmark of memory for shards runs and reports all that is claimed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured on Linux only")
def test_reports_every_row(tmp_path):
    file = tmp_path / "shards.json"
    settings = ["--pictures=1000", "--read=50", "--json", str(file)]
    command = [sys.executable, str(BENCHMARKS / "shards.py"), *settings]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())["pictures"]["1000"]
    assert 0 < found["before"] <= found["peak"]
