"""A compiled decoder learns the same and leaves the same checkpoint."""

import shutil
from typing import Any

import pytest
import torch
from torch._dynamo.utils import counters

from captioner.__main__ import main
from captioner.callbacks import CompileDecoder
from captioner.layers import AdditiveAttention

pytestmark = pytest.mark.integration

SETTINGS = ("--name=run", "--model.dropout=0", "--trainer.max_epochs=1")
TRANSFORMER: tuple[str, ...] = (
    "--model=TransformerCaptioner",
    "--model.layers=2",
    "--model.heads=4",
)
TRANSFORMER += ("--model.feed_forward_size=32", "--model.width=32", "--model.warmup_steps=2")
TRANSFORMER += ("--model.encoder=test_efficientnet", "--model.encoder_weights=random")
TRANSFORMER += ("--model.image_size=64",)


def checkpoint(small_run, runs, *settings):
    """Return what a run saved at its end."""
    assert main(small_run("fit", runs, *SETTINGS, *settings)) == 0
    last = runs / "run" / "version_0" / "checkpoints" / "last.ckpt"
    return torch.load(last, weights_only=True)


@pytest.mark.parametrize("model", [(), TRANSFORMER], ids=["LSTM", "Transformer"])
def test_same_weights_under_the_same_names(model, small_run, tmp_path):
    torch.compile(torch.sin, backend="eager")(torch.zeros(1))  # the check that it works
    counters.clear()
    callback = ("--trainer.callbacks=CompileDecoder", "--trainer.callbacks.backend=eager")
    plain = checkpoint(small_run, tmp_path / "plain", *model)
    assert not counters["stats"]
    compiled = checkpoint(small_run, tmp_path / "compiled", *model, *callback)
    assert counters["stats"]["unique_graphs"] > 0
    assert not counters["graph_break"]
    assert compiled.keys() == plain.keys()
    torch.testing.assert_close(compiled["state_dict"], plain["state_dict"])


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here")
def test_with_a_real_compiler():
    attention: Any = AdditiveAttention(memory_size=8, query_size=6, attention_size=4)
    memory, query = torch.randn(2, 9, 8), torch.randn(2, 3, 6)
    expected = attention(query, attention.keys(memory), memory)
    attention.forward = CompileDecoder()._in_training(attention)
    torch.testing.assert_close(attention(query, attention.keys(memory), memory), expected)


def test_only_training_is_compiled_and_afterwards_nothing():
    attention: Any = torch.nn.Linear(2, 2)
    plain = attention.forward
    attention.forward = CompileDecoder("eager")._in_training(attention)
    counters.clear()
    attention.eval()(torch.zeros(1, 2))
    assert not counters["stats"]
    attention.train()(torch.zeros(1, 2))
    assert counters["stats"]["unique_graphs"] == 1
    del attention.forward
    assert attention.forward == plain


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("--model.attention=false",), "expected CompileDecoder with a decoder that has attention"),
        (("--trainer.callbacks.backend=abacus",), "expected a compiler for CompileDecoder"),
    ],
)
def test_says_what_it_cannot_compile(settings, sentence, small_run, tmp_path, capsys):
    callback = ("--trainer.callbacks=CompileDecoder", "--trainer.callbacks.backend=eager")
    assert main(small_run("fit", tmp_path, *callback, *settings)) == 2
    error = capsys.readouterr().err.splitlines()
    assert sentence in error[-1]
