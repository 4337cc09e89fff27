"""Lightning's own means to train faster or on less memory, with our captioners."""

from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main
from captioner.decoders import LSTMDecoder

pytestmark = pytest.mark.integration

SETTINGS = ("--name=run", "--trainer.log_every_n_steps=1", "--model.dropout=0")


def fit(small_run, runs, *settings):
    """Train; return what was saved at the end, and the losses of the steps."""
    assert main(small_run("fit", runs, *SETTINGS, *settings)) == 0
    run = runs / "run" / "version_0"
    events = EventAccumulator(str(run))
    events.Reload()
    losses = [event.value for event in events.Scalars("train/loss")]
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True), losses


def test_schedules_count_optimizer_steps(small_run, tmp_path):
    # 16 images in batches of 2 make 8 batches an epoch, and with every 3 together 3 steps.
    settings = ("--data.batch_size=2", "--trainer.accumulate_grad_batches=3")
    saved, _ = fit(small_run, tmp_path, *settings)
    assert saved["global_step"] == 6
    (optimizer,) = saved["optimizer_states"]
    assert [group["lr"] for group in optimizer["param_groups"]] == pytest.approx([0.0, 0.0])


def test_batches_add_up_to_a_step(small_run, uneven, tmp_path):
    together = ("--trainer.max_epochs=1", f"--data.train_annotations={uneven}")
    whole, _ = fit(small_run, tmp_path / "whole", *together, "--data.batch_size=8")
    parts = ("--data.batch_size=4", "--trainer.accumulate_grad_batches=2")
    accumulated, _ = fit(small_run, tmp_path / "parts", *together, *parts)
    torch.testing.assert_close(accumulated["state_dict"], whole["state_dict"], atol=1e-5, rtol=1e-4)


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_run_goes_on_exactly_between_the_batches_of_no_step(
    small_run, tmp_path, monkeypatch
):
    def kill(process, signal):
        raise KilledError

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.syspath_prepend(Path(__file__).parent)
    settings: tuple[str, ...] = ("--data.batch_size=2", "--trainer.accumulate_grad_batches=3")
    settings += ("--checkpoint_minutes=0", "--model.dropout=0.1")
    whole, _ = fit(small_run, tmp_path / "whole", *settings)
    killer = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=4")
    cut = tmp_path / "cut"
    with pytest.raises(KilledError):
        fit(small_run, cut, *settings, *killer)
    last = cut / "run" / "version_0" / "checkpoints" / "last.ckpt"
    resumed, _ = fit(small_run, cut, *settings, f"--ckpt_path={last}")
    assert resumed["global_step"] == whole["global_step"]
    for name, weight in whole["state_dict"].items():
        assert torch.equal(resumed["state_dict"][name], weight), name


@pytest.fixture
def computed_in(monkeypatch):
    """Return the set that notes in which types of numbers logits are computed."""
    seen, readout = set(), LSTMDecoder.readout

    def noting(decoder, features):
        logits = readout(decoder, features)
        seen.add(logits.dtype)
        return logits

    monkeypatch.setattr(LSTMDecoder, "readout", noting)
    return seen


def test_half_precision_computes_in_it_and_keeps_whole_weights(small_run, tmp_path, computed_in):
    plain, expected = fit(small_run, tmp_path / "plain")
    assert computed_in == {torch.float32}
    saved, losses = fit(small_run, tmp_path / "half", "--trainer.precision=bf16-mixed")
    assert computed_in == {torch.float32, torch.bfloat16}
    assert losses != expected
    assert losses == pytest.approx(expected, rel=0.02)
    types = [{name: w.dtype for name, w in run["state_dict"].items()} for run in (saved, plain)]
    assert types[0] == types[1]


def test_a_cpu_is_told_that_it_has_no_fp16(small_run, tmp_path, computed_in):
    with pytest.warns(UserWarning, match=r"fp16 is not supported on CPU\. Using .*bf16-mixed"):
        fit(small_run, tmp_path, "--trainer.precision=16-mixed", "--trainer.max_steps=1")
    assert computed_in == {torch.bfloat16}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="fp16 training needs a GPU, none here")
def test_fp16_on_a_gpu(small_run, tmp_path, computed_in):
    _, expected = fit(small_run, tmp_path / "plain", "--trainer.accelerator=cuda")
    half = ("--trainer.accelerator=cuda", "--trainer.precision=16-mixed")
    _, losses = fit(small_run, tmp_path / "half", *half)
    assert torch.float16 in computed_in
    assert losses == pytest.approx(expected, rel=0.05)
