"""The share of own words rises as it is asked to, and a resumed run goes on where it was."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main
from captioner.callbacks import ScheduledSampling
from captioner.captioners import LSTMCaptioner
from captioner.errors import CaptionerError
from captioner.text import Vocabulary
from captioner.types import CaptionBatch

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"probability": 1.2}, "probability: expected 0 to 1, found 1.2"),
        ({"start": -0.1}, "start: expected 0 to 1, found -0.1"),
        ({"start": 0.5, "end": 0.4}, "end: expected at least start, which is 0.5, found 0.4"),
    ],
)
def test_refuses_what_is_no_schedule(settings, sentence):
    with pytest.raises(CaptionerError, match=sentence):
        ScheduledSampling(**settings)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_may_begin_at_once_or_rise_to_the_end(end):
    sampling = ScheduledSampling(probability=0.5, end=end)
    assert sampling.at(0.0) == (0.5 if end == 0 else 0.0)
    assert sampling.at(1.0) == 0.5


def test_self_critical_training_has_no_true_words_to_replace(small_run, tmp_path, capsys):
    settings = ("--trainer.callbacks=ScheduledSampling", "--model.self_critical.samples=2")
    assert main(small_run("fit", tmp_path, *settings)) == 2
    assert "found it with model.self_critical" in capsys.readouterr().err


def test_only_training_reads_own_words():
    torch.manual_seed(0)
    captioner: Any = LSTMCaptioner(
        Vocabulary(["a", "dog", "runs"]), "ptb", encoder="test_efficientnet", image_size=64,
        encoder_weights="random", width=8, hidden_size=8, embedding_size=8, attention_size=8,
        dropout=0.0,
    )  # fmt: skip
    tokens, captions = torch.randn(2, 4, captioner.model.encoder.features), torch.full((2, 1, 9), 5)
    batch = CaptionBatch(tokens, captions, [["a dog"], ["dog"]], [1, 2], ["", ""])
    read = []
    decode = captioner.features_and_penalty
    captioner.features_and_penalty = lambda memory, tokens, kept: (
        read.append(tokens) or decode(memory, tokens, kept)
    )
    for probability in (0.0, 1.0):
        captioner.sampling_probability = probability
        loss, _, _ = captioner.training_loss(batch)
        loss.backward()
    true_words = batch.captions[..., :-1]
    assert torch.equal(read[0], true_words)
    assert not torch.equal(read[1], true_words)
    captioner.has_weights = True
    captioner.eval()
    captioner.validation_step(batch, 0)
    assert torch.equal(read[2], true_words)


class KilledError(Exception):
    """Stands for the end of the process."""


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    accumulator = EventAccumulator(str(run))
    accumulator.Reload()
    # A resumed run may have begun a second file within the same second: files have no order then.
    return {
        tag: sorted((event.step, event.value) for event in accumulator.Scalars(tag))
        for tag in ("train/own_words", "train/loss")
    }


def test_a_killed_run_goes_on_exactly(small_run, tmp_path, monkeypatch):
    def kill(process, signal):
        raise KilledError

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "commands")
    settings: tuple[str, ...] = (
        "--name=run",
        "--trainer.log_every_n_steps=1",
        "--checkpoint_minutes=0",
    )
    settings += ("--trainer.callbacks=ScheduledSampling", "--trainer.callbacks.probability=0.8")
    killer = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=6")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main(small_run("fit", whole, *settings)) == 0
    with pytest.raises(KilledError):
        main(small_run("fit", cut, *settings, *killer))
    run = cut / "run" / "version_0"
    last = run / "checkpoints" / "last.ckpt"
    assert main(small_run("fit", cut, *settings, f"--ckpt_path={last}")) == 0
    expected = curves(whole / "run" / "version_0")
    assert curves(run) == expected
    shares = [value for _, value in expected["train/own_words"]]
    assert shares == pytest.approx([0.8 * step / 8 for step in range(8)])
