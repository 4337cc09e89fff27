"""Callbacks that would fail late, or do harm, are refused before any data are read."""

import re

import pytest
from jsonargparse import Namespace
from lightning.pytorch import callbacks

from captioner.__main__ import main
from captioner.commands.trainer.unfit_callbacks import check_unfit_callbacks
from captioner.errors import CaptionerError


def built(name, package="lightning.pytorch.callbacks", **arguments):
    """Return what settings say of a class."""
    return Namespace(class_path=f"{package}.{name}", init_args=Namespace(**arguments))


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("BackboneFinetuning", "model.train_encoder_from"),
        ("BaseFinetuning", "model.train_encoder_from"),
        ("BatchSizeFinder", "data.batch_size"),
        ("LearningRateFinder", "model.learning_rate"),
        ("ModelPruning", "a smaller model.width or model.encoder"),
        ("SpikeDetection", "a run ends by itself"),
        ("StochasticWeightAveraging", "EMA averages"),
        ("Timer", "trainer.max_time limits"),
    ],
)
def test_a_callback_that_cannot_work(name, instead):
    assert hasattr(callbacks, name)
    for value in (built(name), [built("EMA", "captioner.callbacks"), built(name)]):
        with pytest.raises(CaptionerError, match=f"^trainer.callbacks: .* {name}; {instead}"):
            check_unfit_callbacks(value)
    check_unfit_callbacks(built(name, "my_project"))  # which may have mended it


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_checkpoint_in_the_place_of_the_own(name):
    check_unfit_callbacks(built("ModelCheckpoint", filename=name, dirpath="elsewhere"))
    check_unfit_callbacks(built("ModelCheckpoint", filename="mine", dirpath=None))
    expected = re.escape(f"best and last, found '{name}'")
    with pytest.raises(
        CaptionerError, match=f"^trainer.callbacks: .* another filename .*{expected}"
    ):
        check_unfit_callbacks(built("ModelCheckpoint", filename=name, dirpath=None))


@pytest.mark.parametrize("plugins", [(), ("--trainer.plugins=LightningEnvironment",)])
def test_a_time_limit_as_a_callback(plugins, small_run, tmp_path, capsys):
    timer = ("--trainer.callbacks=Timer", "--trainer.callbacks.duration=00:00:00:20")
    assert main(small_run("fit", tmp_path, *timer, *plugins)) == 2
    error = capsys.readouterr().err
    assert error == (
        "captioner: trainer.callbacks: expected callbacks that can work with these models, found"
        " Timer; trainer.max_time limits the time of a job\n"
    )
