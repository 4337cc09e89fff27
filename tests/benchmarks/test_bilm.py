"""The benchmark of biLMs runs and reports all that is claimed."""

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_reports_every_row(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    # So small that what it says of speed means nothing.
    sizes = "--sentences 2 --words 3 --projection 4 --cell 6 --repeats 1"
    threads = str(torch.get_num_threads())
    file = tmp_path / "bilm.json"
    monkeypatch.setattr(
        sys, "argv", ["bilm.py", *sizes.split(), "--threads", threads, "--json", str(file)]
    )
    runpy.run_path(str(BENCHMARKS / "bilm.py"), run_name="__main__")
    content = json.loads(file.read_text())
    assert (content["device"], content["dtype"]) == ("cpu", "float32")
    assert [row["name"] for row in content["rows"]] == [
        "LSTMs",
        "LSTMs, prepacked",
        "from spelling, prepacked",
        "distinct words, prepacked",
        "forward and backward",
    ]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in content["rows"])
    assert "2 sentences of 3 words" in capsys.readouterr().out
