"""Training that is told to end: several processes agree on the moment, or need not."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from lightning.pytorch import LightningModule

from captioner.callbacks import stop_on_signal
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.callbacks.stop_on_signal import StopOnSignal
from captioner.shutdown import Shutdown, ShutdownRequested


def any_of(other, told, **options):
    assert options == {"all": False}
    return told or other


class Trainer(SimpleNamespace):
    """A trainer of two processes in the middle of an epoch; another process may be told."""

    def __init__(self, other=False):
        ready = SimpleNamespace(total=SimpleNamespace(ready=5))
        super().__init__(
            world_size=2,
            accumulate_grad_batches=2,
            is_last_batch=False,
            sanity_checking=False,
            state=SimpleNamespace(fn="fit"),
            log_dir=None,
            fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=ready), batch_idx=3),
            strategy=SimpleNamespace(reduce_boolean_decision=partial(any_of, other)),
            enable_validation=True,
            check_val_every_n_epoch=1,
            val_check_batch=8,
            current_epoch=0,
            max_steps=-1,
            global_step=2,
        )


@pytest.fixture
def shutdown(monkeypatch):
    """Be told nothing yet."""
    ours = Shutdown()
    for module in ("stop_on_signal", "last_checkpoint"):
        monkeypatch.setattr(f"captioner.callbacks.{module}.shutdown", ours)
    return ours


@pytest.fixture
def callback(shutdown):
    """Return the callback of a run that has begun, and what writes its file."""
    last = LastCheckpoint(minutes=60)
    stop = StopOnSignal(last)
    trainer: Any = Trainer()
    stop.on_train_start(trainer, LightningModule())
    return stop, last


def test_every_moment_will_do_until_something_is_trained(callback, shutdown):
    _, last = callback
    assert shutdown.can_stop()
    last.batches = 4
    assert not shutdown.can_stop()


def test_all_end_when_another_process_has_been_told(callback):
    stop, last = callback
    last.on_train_batch_end(Trainer(other=True), None, None, None, 3)
    with pytest.raises(ShutdownRequested):
        stop.on_train_batch_end(Trainer(other=True), None, None, None, 3)
    stop.on_train_batch_end(Trainer(), None, None, None, 3)  # it was written because it was time


def test_processes_do_not_end_between_the_batches_of_a_step(callback):
    stop, last = callback
    trainer = Trainer(other=True)
    last.batches = 4
    trainer.fit_loop.batch_idx = 2
    last.on_train_batch_end(trainer, None, None, None, 2)
    stop.on_train_batch_end(trainer, None, None, None, 2)
    stop.on_validation_end(trainer, None)
    assert last.batches == 4


def test_the_file_is_written_before_validations_that_take_long(callback):
    stop, last = callback
    last.batches = None
    assert last.before_validation  # nobody knows yet
    trainer = Trainer()
    last.on_train_batch_end(trainer, None, None, None, 3)
    assert last.batches is None
    trainer.val_check_batch = 4
    last.on_train_batch_end(trainer, None, None, None, 3)
    assert last.batches == 5
    stop.on_validation_start(Trainer(), None)
    stop.on_validation_end(Trainer(), None)
    assert not last.before_validation
    stop.on_validation_start(Trainer(), None)
    stop._began -= 2 * stop_on_signal._LONG
    stop.on_validation_end(Trainer(), None)
    assert last.before_validation


def test_one_of_several_processes_does_not_leave_a_validation_alone(callback, shutdown):
    stop, last = callback
    shutdown.received, last.batches = 15, 4
    stop.on_validation_batch_start(Trainer(), None, None, 0)
    assert last.batches == 4
