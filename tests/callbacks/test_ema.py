"""The average of the weights: its formula, and where it is used."""

import re
from pathlib import Path

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn

from captioner.__main__ import main
from captioner.callbacks import EMA
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


class Line(LightningModule):
    """One trained weight, one frozen one and a counter; notes the weight that is validated."""

    batches: torch.Tensor

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -3.0]))
        self.frozen = nn.Parameter(torch.linspace(0.1, 1, 1000), requires_grad=False)
        self.register_buffer("batches", torch.tensor(0))
        self.validated = []

    def training_step(self, batch, batch_idx):
        """Descend."""
        self.batches += 1
        return (self.weight * batch).square().sum()

    def validation_step(self, batch, batch_idx):
        """Note what is validated."""
        self.validated.append(self.weight.detach().clone())

    def configure_optimizers(self):
        """Take large steps."""
        return torch.optim.SGD([self.weight], lr=0.2)


class NoteSteps(Callback):
    """Note the weights after every optimizer step."""

    def __init__(self):
        self.weights = {}

    def on_train_batch_end(self, trainer, pl_module, *args):
        """Keep one entry per step."""
        self.weights.setdefault(trainer.global_step, pl_module.weight.detach().clone())


def fit(*callbacks, line=None, **options):
    line = line or Line()
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=list(callbacks),
        **options,
    )
    draws = torch.Generator().manual_seed(0)
    frozen = line.frozen.clone()
    trainer.fit(line, torch.rand(12, 2, generator=draws), torch.rand(1, 2, generator=draws))
    assert torch.equal(line.frozen, frozen)  # exactly, or cached image tokens would be stale
    assert line.batches == 12
    return line


@pytest.mark.parametrize("accumulate", [1, 3])
def test_follows_its_formula(accumulate):
    note = NoteSteps()
    line = fit(note, EMA(decay=0.5), accumulate_grad_batches=accumulate)
    average, *weights = (note.weights[step] for step in range(1, 12 // accumulate + 1))
    for count, weight in enumerate(weights, start=1):
        decay = min(0.5, (1 + count) / (10 + count))
        average = decay * average + (1 - decay) * weight
    torch.testing.assert_close(line.validated, [average])
    torch.testing.assert_close(line.weight.detach(), average)  # which training ends with
    assert not torch.allclose(average, weights[-1])


class Keeping(Line):
    """Keep what is made of the weight until torch counts a change of it; note both."""

    def __init__(self):
        super().__init__()
        self.made_from = None
        self.seen = []

    def note(self):
        """Note what is kept, and what it should be."""
        if self.made_from != self.weight._version:
            self.kept, self.made_from = 2 * self.weight.detach(), self.weight._version
        self.seen.append((self.kept, 2 * self.weight.detach()))

    def training_step(self, batch, batch_idx):
        """Train with what is kept in view."""
        self.note()
        return super().training_step(batch, batch_idx)

    def validation_step(self, batch, batch_idx):
        """Validate likewise."""
        self.note()


def test_what_is_kept_of_the_weights_is_that_of_those_in_use():
    line = fit(EMA(decay=0.5), line=Keeping(), val_check_interval=6)
    assert len(line.seen) == 14  # 12 steps, two validations with the average
    line.note()
    assert all(torch.equal(kept, expected) for kept, expected in line.seen)


def test_without_decay_it_is_the_weights():
    assert torch.equal(fit(EMA(decay=0.0)).weight, fit().weight)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_refuses_what_is_no_decay(decay):
    with pytest.raises(CaptionerError, match=r"EMA\.decay: expected 0 to below 1, found"):
        EMA(decay)


SETTINGS: tuple[str, ...] = (
    "--trainer.callbacks=EMA",
    "--trainer.callbacks.decay=0.9",
    "--name=run",
)
SETTINGS += ("--trainer.max_epochs=3", "--model.learning_rate=0.02", "--checkpoint_minutes=0")


@pytest.fixture(scope="module")
def whole(small_run, tmp_path_factory):
    """Return the checkpoints of an uninterrupted run."""
    runs = tmp_path_factory.mktemp("whole")
    assert main(small_run("fit", runs, *SETTINGS)) == 0
    return runs / "run" / "version_0" / "checkpoints"


def weights(file, key="state_dict"):
    return torch.load(file, weights_only=True)[key]


def test_checkpoints_hold_the_average_where_weights_are_looked_for(whole):
    average, current = (
        weights(whole / "last.ckpt", k) for k in ("state_dict", "current_model_state")
    )
    assert average.keys() == current.keys()
    trained = [key for key in average if not key.startswith("encoder.")]
    assert all(not torch.equal(average[key], current[key]) for key in trained)
    frozen = average.keys() - set(trained)
    assert all(torch.equal(average[key], current[key]) for key in frozen)


@pytest.mark.parametrize("settings", [(), SETTINGS], ids=["without EMA", "with EMA"])
def test_validation_scores_the_average(whole, small_run, tmp_path, capsys, recwarn, settings):
    # The file holds the average as its weights, so a plain validation must find the same loss.
    stored = torch.load(whole / "best.ckpt", weights_only=True)["captioner"]["about"]["scores"]
    capsys.readouterr()
    arguments = small_run("validate", tmp_path, *settings, f"--ckpt_path={whole / 'best.ckpt'}")
    assert main(arguments) == 0
    printed = re.search(r"val/loss[^\d\n]*([\d.e+-]+)", capsys.readouterr().out)
    assert printed is not None
    assert float(printed[1]) == pytest.approx(stored["val/loss"], abs=1e-5)
    assert not [warning for warning in recwarn if "callback" in str(warning.message)]


def test_the_average_captions_a_picture(whole, colours, capsys):
    picture = str(colours / "images" / "val_0.png")
    assert main(["predict", "--ckpt_path", str(whole / "best.ckpt"), picture]) == 0
    assert "val_0.png: " in capsys.readouterr().out


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_run_goes_on_exactly(whole, small_run, tmp_path, monkeypatch):
    def kill(process, signal):
        raise KilledError

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "commands")
    killer = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=6")
    with pytest.raises(KilledError):
        main(small_run("fit", tmp_path, *SETTINGS, *killer))
    last = tmp_path / "run" / "version_0" / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 6
    assert main(small_run("fit", tmp_path, *SETTINGS, f"--ckpt_path={last}")) == 0
    for name in ("last.ckpt", "best.ckpt"):
        for key in ("state_dict", "current_model_state", "averaging_state"):
            expected = weights(whole / name, key)
            for part, weight in weights(last.with_name(name), key).items():
                assert torch.equal(weight, expected[part]), (name, key, part)
