"""What libraries refuse is one sentence; what a program does wrong is not hidden."""

import pytest
import torch
from lightning.pytorch import Trainer, seed_everything

from captioner.__main__ import main
from captioner.commands.lightning_cli.error_messages import to_captioner_error

pytestmark = pytest.mark.integration


def caught(call, *arguments, **settings):
    """Return the error that a call raises."""
    with pytest.raises(Exception) as error:  # noqa: PT011 - whatever it is
        call(*arguments, **settings)
    return error.value


def test_what_lightning_refuses_is_a_sentence():
    error = caught(Trainer, barebones=True, fast_dev_run=True)
    assert type(error) is ValueError
    assert str(to_captioner_error(error)).startswith(
        "trainer: `Trainer(barebones=True, fast_dev_run=True)`"
    )


def test_what_fails_elsewhere_is_not():
    assert to_captioner_error(caught(int, "x")) is None
    assert to_captioner_error(caught(torch.ones(2).reshape, 3)) is None
    assert to_captioner_error(caught(Trainer, no_such=1)) is None  # a fault of whoever calls it
    assert to_captioner_error(ValueError("never raised")) is None


def test_a_rate_that_no_weight_can_hold():
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones_like(weight)
    error = caught(torch.optim.AdamW([weight], lr=1e38).step)
    assert str(to_captioner_error(error)).startswith(
        "model.learning_rate: expected one whose steps the ty"
    )


def test_a_seed_that_numpy_refuses():
    sentence = "seed_everything: expected a number from 0 to 4294967295, found -1"
    assert str(to_captioner_error(caught(seed_everything, -1))) == sentence


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--trainer.val_check_interval=100"], "trainer: `val_check_interval` (100) must be less"),
        (
            [f"--trainer.callbacks{part}" for part in ("=EarlyStopping", ".monitor=a", ".mode=b")],
            "EarlyStopping: `mode` can be min, max, got b",
        ),
        (
            ["--trainer.overfit_batches=0.2"],
            "trainer.limit_val_batches, or trainer.overfit_batches in its place: expected a share"
            " of which at least one batch is left, found 0.2 of 2; a whole number counts batches",
        ),
        (
            ["--trainer.limit_train_batches=0.1"],
            "trainer.limit_train_batches, or trainer.overfit_batches in its place: expected a share"
            " of which at least one batch is left, found 0.1 of 4; a whole number counts batches",
        ),
        (
            ["--trainer.logger=captioner.no.Logger"],
            "trainer.logger: expected the name of a class that exists, found 'captioner.no.Logger'",
        ),
    ],
)
def test_what_a_run_finds_late(wrong, sentence, small_run, tmp_path, capsys):
    assert main(small_run("fit", tmp_path, *wrong)) == 2
    error = capsys.readouterr().err
    assert f"captioner: {sentence}" in error
    assert "Traceback" not in error
    assert error.splitlines()[-1].startswith(f"captioner: {sentence}")
