"""How long a run is, and what is said where a job of it ends."""

import math
from types import SimpleNamespace

import pytest
from lightning.pytorch import LightningModule
from lightning.pytorch.callbacks import GradientAccumulationScheduler

from captioner.training.job_limits import JobLimits, stopped_mid_epoch, total_training_steps


def trainer(steps=0, max_epochs=3, callbacks=(), **other):
    """Return what limits look at: a run of four steps an epoch."""
    loop = SimpleNamespace(max_epochs=max_epochs, epoch_loop=SimpleNamespace(max_steps=-1))
    values = {
        "global_step": steps,
        "current_epoch": steps // 4,
        "max_epochs": max_epochs,
        "max_steps": -1,
        "estimated_stepping_batches": 4 * max_epochs,
        "accumulate_grad_batches": 1,
        "is_last_batch": steps % 4 == 0,
        "should_stop": False,
        "log_dir": "runs/one",
        "fit_loop": loop,
        "callbacks": list(callbacks),
        "strategy": SimpleNamespace(broadcast=lambda value: value),
        **other,
    }
    return SimpleNamespace(**values)


def end_of(limits, **settings):
    """Return the limit of steps that a batch leaves, and what is said at the end of the job."""
    run = trainer(**settings)
    run.fit_loop.batch_idx = run.global_step - 1
    limits.on_train_batch_end(run)
    run.max_steps = run.fit_loop.epoch_loop.max_steps
    return run.max_steps, limits.stop_message(run)


def test_a_run_is_as_long_as_its_epochs_wherever_a_job_ends():
    assert total_training_steps(trainer(callbacks=[JobLimits(max_steps=5)])) == 12
    assert total_training_steps(trainer(max_epochs=-1, callbacks=[JobLimits(max_steps=5)])) == 5
    assert total_training_steps(trainer(max_epochs=-1, callbacks=[JobLimits()])) == math.inf
    assert (
        total_training_steps(trainer(max_epochs=-1, max_steps=7)) == 7
    )  # of a Trainer without limits


@pytest.mark.parametrize(
    ("scheduling", "length"),
    [({0: 1}, 60), ({2: 5}, 10 + 10 + 2 * 4), ({0: 3, 1: 4, 9: 2}, 4 + 15)],
)
def test_a_run_whose_steps_take_more_batches_later(scheduling, length):
    changing = GradientAccumulationScheduler(scheduling)
    for now in (1, 5):  # batches of a step, in the epoch in which it is asked
        run = trainer(max_epochs=6, callbacks=[changing], accumulate_grad_batches=now)
        run.num_training_batches = 10
        assert total_training_steps(run) == length


def test_a_job_ends_at_its_step_and_says_what_is_left(tmp_path):
    assert end_of(JobLimits(max_steps=6), steps=5) == (-1, None)
    steps, said = end_of(JobLimits(max_steps=6), steps=6)
    assert steps == 6
    assert said is not None
    assert said == "Stopped by trainer.max_steps after 6 of 12 steps"
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.parent.mkdir()
    last.touch()
    _, said = end_of(JobLimits(max_steps=6), steps=6, log_dir=str(tmp_path))
    assert said is not None
    assert "; the run goes on with --ckpt_path " in said
    assert said.endswith("last.ckpt and a larger trainer.max_steps or none")


def test_the_end_of_a_run_is_no_limit_of_a_job():
    assert end_of(JobLimits(max_steps=12), steps=12) == (12, None)
    whole = JobLimits(max_steps=6)
    assert end_of(whole, steps=6, max_epochs=-1, callbacks=[whole]) == (6, None)


def test_a_job_that_is_out_of_time_ends_with_the_step_under_way():
    limits = JobLimits(max_time={"seconds": 0})
    between = {"accumulate_grad_batches": 4, "steps": 3}
    assert end_of(limits, **between) == (-1, None)
    steps, said = end_of(limits, steps=2)
    assert steps == 2
    assert said is not None
    assert "Stopped by trainer.max_time after 2 of 12 steps" in said


def test_the_time_is_that_of_the_job():
    limits = JobLimits(max_time={"hours": 1})
    assert limits.state_dict() == {}
    limits.load_state_dict({"time_elapsed": {"train": 7200.0}})  # of a run of an older version
    assert limits.time_remaining() == pytest.approx(3600)


def test_a_checkpoint_beyond_the_limit_is_no_mistake():
    run = trainer(max_epochs=1, state=SimpleNamespace(fn="fit"))
    progress = {"epoch_progress": {"current": {"completed": 2}}}
    limits = JobLimits()
    limits.on_load_checkpoint(
        run, LightningModule(), {"global_step": 12, "loops": {"fit_loop": progress}}
    )
    assert run.fit_loop.max_epochs == 2
    limits.on_fit_end(run, LightningModule())
    assert run.fit_loop.max_epochs == 1


def test_an_epoch_is_cut_by_a_limit_in_its_middle():
    assert stopped_mid_epoch(trainer(steps=6, max_steps=6))
    assert not stopped_mid_epoch(trainer(steps=8, max_steps=8))  # an epoch ends there
    assert not stopped_mid_epoch(trainer(steps=6, max_steps=7))
    assert not stopped_mid_epoch(trainer(steps=6))
