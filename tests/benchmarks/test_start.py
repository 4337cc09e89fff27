"""The benchmark of starting runs and reports all that is claimed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_reports_every_row_and_the_slowest_imports(trained, tmp_path):
    file = tmp_path / "start.json"
    sizes = f"--repeats 1 --commands predict fit --imports 2 --ckpt_path {trained} --json {file}"
    command = [sys.executable, str(BENCHMARKS / "start.py"), *sizes.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(file.read_text())["rows"]
    refused = ["predict --no-such-setting", "fit --no-such-setting"]
    assert [row["name"] for row in rows] == ["predict", *refused]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows)
    said = done.stdout.splitlines()
    assert any(line.startswith("longest wait for an answer to a wrong argument: ") for line in said)
    heads = [place for place, line in enumerate(said) if line.startswith(("library ", "module "))]
    for place in heads:
        first, second = (float(line.split()[1]) for line in said[place + 1 : place + 3])
        assert first >= second > 0
    assert said[heads[0] + 1].startswith("torch ")
