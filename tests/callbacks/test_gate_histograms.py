"""Histograms of an LSTM's gates reach TensorBoard, and looking changes nothing."""

import pytest
import torch

from captioner.__main__ import main
from captioner.callbacks import GateHistograms

pytestmark = pytest.mark.integration


def test_gates_are_shown_after_every_epoch(events):
    assert set(events.Tags()["histograms"]) == set(GateHistograms.tags)
    steps = [event.step for event in events.Scalars("val/CIDEr")]
    for tag in GateHistograms.tags:
        found = events.Histograms(tag)
        assert [event.step for event in found] == steps
        for event in found:
            values = event.histogram_value
            least = -1 if tag == "gates/candidate" else 0
            assert least < values.min < values.max < 1
            assert values.num % 48 == 0  # cells
            assert sum(values.bucket) == values.num


def test_a_fresh_forget_gate_is_open(events):
    """Its bias starts at 1: sigmoid(1) is 0.73; the others' is 0."""
    first = {tag: events.Histograms(tag)[0].histogram_value for tag in GateHistograms.tags}
    mean = {tag: values.sum / values.num for tag, values in first.items()}
    assert mean["gates/forget"] == pytest.approx(0.73, abs=0.1)
    assert mean["gates/output"] == pytest.approx(0.5, abs=0.1)


def test_training_is_the_same_without_looking(short_run, small_run, tmp_path):
    assert main(small_run("fit", tmp_path, "--trainer.logger=false")) == 0
    assert not list(tmp_path.rglob("events.out.*"))
    (unseen,) = tmp_path.rglob("last.ckpt")
    seen = torch.load(short_run / "checkpoints" / "last.ckpt", weights_only=True)
    expected = torch.load(unseen, weights_only=True)
    assert seen["global_step"] == expected["global_step"] > 0
    for name, weight in expected["state_dict"].items():
        assert torch.equal(seen["state_dict"][name], weight), name
