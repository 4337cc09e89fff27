"""A run of two epochs, for what callbacks wrote to TensorBoard in it."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main


@pytest.fixture(scope="session")
def read_events():
    """Return a function that reads what a run wrote."""
    every = dict.fromkeys(("scalars", "images", "histograms", "tensors"), 0)
    return lambda run: EventAccumulator(str(run), size_guidance=every).Reload()


@pytest.fixture(scope="session")
def short_run(small_run, tmp_path_factory):
    """Return the folder of a run of two epochs."""
    runs = tmp_path_factory.mktemp("runs")
    settings = ("--name=run", "--trainer.max_epochs=2", "--trainer.log_every_n_steps=1")
    assert main(small_run("fit", runs, *settings)) == 0
    return runs / "run" / "version_0"


@pytest.fixture(scope="session")
def events(short_run, read_events):
    """Return what it wrote."""
    return read_events(short_run)
