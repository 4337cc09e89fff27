"""SIGTERM and Ctrl-C: what is done is kept, how to go on is said, and going on is exact."""

import shlex
from pathlib import Path

import pytest
import torch

from captioner.__main__ import main

pytestmark = pytest.mark.integration

SETTINGS = (
    "--name=run",
    "--trainer.accumulate_grad_batches=2",
    "--data.eval_batch_size=4",  # two batches in a validation
    "--trainer.num_sanity_val_steps=0",
)


def weights(run):
    found = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    return found["global_step"], found["state_dict"]


@pytest.fixture(scope="module")
def whole(small_run, tmp_path_factory):
    """Return the runs folder of a run that nobody has told to end."""
    runs = tmp_path_factory.mktemp("whole")
    assert main(small_run("fit", runs, *SETTINGS)) == 0
    return runs


@pytest.mark.parametrize(
    ("hook", "call", "saved"),
    [
        ("on_train_batch_start", 1, 0),  # between the two batches of a step
        ("on_train_batch_start", 8, 4),  # the last batch, which a validation follows
        ("on_validation_batch_start", 2, 2),
        ("on_validation_end", 1, 2),  # before the end of an epoch
    ],
)
def test_a_run_that_is_told_to_end_goes_on_exactly(
    hook, call, saved, whole, small_run, tmp_path, monkeypatch, capsys
):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.chdir(tmp_path)
    told = ("--trainer.callbacks+=told_at.ToldAt", f"--trainer.callbacks.hook={hook}")
    command = small_run("fit", Path("runs"), *SETTINGS)
    assert main([*command, *told, f"--trainer.callbacks.call={call}"]) == 143
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence.startswith("captioner: ended by SIGTERM; python -m captioner fit ")
    last = "runs/run/version_0/checkpoints/last.ckpt"
    assert sentence.endswith(f" --ckpt_path {last} goes on")
    run = tmp_path / "runs" / "run" / "version_0"
    assert weights(run)[0] == saved
    validated = hook == "on_validation_end" or call == 8
    assert (run / "checkpoints" / "best.ckpt").exists() is validated
    words = shlex.split(sentence.removeprefix("captioner: ended by SIGTERM; "))
    again = [word for word in words[3:-2] if "trainer.callbacks" not in word]
    assert main(again) == 0
    assert [path.name for path in run.parent.iterdir()] == ["version_0"]
    steps, expected = weights(whole / "run" / "version_0")
    found = weights(run)
    assert found[0] == steps == 4
    for name, weight in expected.items():
        assert torch.equal(found[1][name], weight), name
