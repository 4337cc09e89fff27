"""A checkpoint of any moment of a fit is one from which it goes on exactly."""

import pytest
import torch
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch.utils.data import Dataset

from captioner.callbacks import EMA, RandomStates
from captioner.callbacks.accumulated_gradients import AccumulatedGradients
from captioner.callbacks.resume_point import ResumePoint
from captioner.data.batches.resumable_loader import ResumableLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.training import WordAverage
from captioner.training.job_limits import JobLimits
from captioner.training.optimizer import OptimizerSettings, optimizer_config
from captioner.training.resumable_lambda_lr import ResumableLambdaLR

pytestmark = pytest.mark.integration

BATCHES, EPOCHS = 5, 2


class _Numbers(LightningDataModule):
    """Ten numbers, in another order in every epoch; five to validate on."""

    def __init__(self, batch_size=2):
        super().__init__()
        self.batch_size = batch_size

    def train_dataloader(self):
        batches = EpochBatches(10, self.batch_size, shuffle=True, seed=3)
        return ResumableLoader(_Pairs(), batches, torch.tensor)

    def val_dataloader(self):
        return ResumableLoader(_Pairs(), EpochBatches(4, 2), torch.tensor)


class _Pairs(Dataset[int]):
    def __getitem__(self, pair):
        return pair[1]


class _Line(LightningModule):
    """A weight that dropout shakes; notes every batch, validation and number that it draws."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))
        self.events = []
        self.drawn = 0.0
        self.word_average = WordAverage()

    def on_train_start(self):
        for each in self.trainer.lr_scheduler_configs:
            if self.trainer.global_step:
                assert isinstance(each.scheduler, ResumableLambdaLR)
                each.scheduler.set_rates()

    def training_step(self, batch, batch_idx):
        steps = self.trainer.fit_loop.epoch_loop._batches_that_stepped
        self.events.append(("batch", self.current_epoch, batch_idx, steps, *batch.tolist()))
        noise = torch.nn.functional.dropout(torch.ones(3))
        loss = (self.weight * noise * batch.sum()).square().sum() / 100
        return self.word_average.weigh(self, loss, 1 + int(batch.sum()), batch_idx)

    def validation_step(self, batch, batch_idx):
        self.drawn += torch.rand(1).item()  # so that it matters which states it begins with

    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            weights = self.weight.detach().tolist()
            self.events.append(("validation", self.global_step, self.drawn, *weights))
        self.drawn = 0.0

    def configure_optimizers(self):
        return optimizer_config(self.trainer, OptimizerSettings(warmup_steps=2), self.parameters())


class _PowerCutError(Exception):
    """Stands for the end of the process."""


class _Save(Callback):
    """Save the n-th time that a hook is called; the power fails a moment later."""

    def __init__(self, path, hook, times):
        self.path, self.times, self.known = path, times, None

        def save(trainer, model, *args):
            self.times -= not trainer.sanity_checking
            if self.times == 0 and self.known is None:
                self.known = len(model.events)
                trainer.save_checkpoint(path)
                raise _PowerCutError

        setattr(self, hook, save)


def fit(*callbacks, resume=None, batch_size=2, **options):
    torch.manual_seed(1)
    model = _Line()
    trainer = Trainer(
        **{"max_epochs": EPOCHS, **options},
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=1,
        callbacks=[RandomStates(), ResumePoint(), AccumulatedGradients(), EMA(0.5), *callbacks],
    )  # fmt: skip
    data = _Numbers(batch_size)
    if any(isinstance(callback, _Save) for callback in callbacks):
        with pytest.raises(_PowerCutError):
            trainer.fit(model, data)
    else:
        trainer.fit(model, data, ckpt_path=resume, weights_only=True)
    return model


OPTIONS = {
    "every epoch": {},
    "within epochs": {"val_check_interval": 2},
    "over epochs": {"val_check_interval": 7, "check_val_every_n_epoch": None},
    "every other epoch": {"check_val_every_n_epoch": 2},
    "accumulating": {"accumulate_grad_batches": 2, "val_check_interval": 2},
    "within steps": {"accumulate_grad_batches": 3, "val_check_interval": 2},
}
MOMENTS = [
    ("on_train_batch_end", 2),
    ("on_train_batch_end", 4),
    ("on_train_batch_end", BATCHES + 2),
    ("on_validation_start", 1),
    ("on_validation_batch_end", 1),
    ("on_validation_batch_end", 2),
    ("on_validation_end", 1),
    ("on_train_epoch_end", 1),
]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_run_goes_on_from_any_moment(options, tmp_path):
    whole = fit(**options)
    for number, (hook, times) in enumerate(MOMENTS):
        cut = _Save(tmp_path / f"{number}.ckpt", hook, times)
        before = fit(cut, **options)
        after = fit(resume=cut.path, **options)
        assert before.events[: cut.known] + after.events == whole.events, (hook, times)
        assert torch.equal(after.weight, whole.weight), (hook, times)


def test_a_validation_that_was_due_is_not_left_out(tmp_path):
    cut = _Save(tmp_path / "last.ckpt", "on_train_batch_end", BATCHES)
    fit(cut)
    assert [kind for kind, *_ in fit(resume=cut.path).events[:2]] == ["validation", "batch"]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_jobs_that_end_within_epochs_make_one_run(options, tmp_path):
    whole = fit(**options)
    events, last = [], None
    for steps in (1, 3, 99) if "accumulate_grad_batches" in options else (1, 2, 4, 5, 7, 99):
        end = _SaveLast(tmp_path / f"{steps}.ckpt")
        job = fit(JobLimits(max_steps=steps), end, resume=last, **options)
        events += job.events
        last = end.path
    assert events == whole.events
    assert torch.equal(job.weight, whole.weight)


class _SaveLast(Callback):
    """Save at the end of every epoch, also where a limit has cut it, as ModelCheckpoint does."""

    def __init__(self, path):
        self.path = path

    def on_train_epoch_end(self, trainer, model):
        trainer.save_checkpoint(self.path)


def test_a_checkpoint_of_an_older_version_goes_on_within_its_epoch(tmp_path):
    """Lightning alone counts an epoch as done that ``max_steps`` cut."""
    whole = fit()
    path = tmp_path / "old.ckpt"
    fit(_SaveLast(path), max_steps=BATCHES + 2)
    old = torch.load(path, weights_only=True)
    loops = old["loops"]["fit_loop"]
    for epoch in loops["epoch_progress"].values():
        epoch["processed"] += 1
    for batch in ("current", "total"):
        loops["epoch_loop.batch_progress"][batch]["completed"] += 1
    loops["epoch_loop.state_dict"]["_batches_that_stepped"] += 1
    torch.save(old, path)
    found = [event[:3] for event in fit(resume=path).events if event[0] == "batch"]
    assert found == [event[:3] for event in whole.events if event[0] == "batch"][BATCHES + 2 :]


@pytest.mark.parametrize(("batch_size", "rest"), [(1, 6), (5, 2), (10, 1)])
def test_batches_of_another_size_leave_no_example_out(batch_size, rest, tmp_path):
    cut = _Save(tmp_path / "last.ckpt", "on_train_batch_end", 2)
    seen = [number for event in fit(cut).events for number in event[4:]]
    events = fit(resume=cut.path, batch_size=batch_size).events
    assert [event[0] for event in events].index("validation") == rest
    seen += [number for event in events[:rest] for number in event[4:]]
    assert set(seen) == set(range(10))


class _Stop(Callback):
    """Ask the trainer to stop, as early stopping and timers do, when a hook is called first."""

    def __init__(self, hook):
        def stop(trainer, *args):
            trainer.should_stop = trainer.should_stop or not trainer.sanity_checking

        setattr(self, hook, stop)


@pytest.mark.parametrize("hook", ["on_validation_end", "on_train_batch_end"])
def test_a_run_that_stopped_early_goes_on_within_its_epoch(hook, tmp_path):
    options = {"val_check_interval": 2}
    whole = [event for event in fit(**options).events if event[0] == "batch"]
    end = _SaveLast(tmp_path / "last.ckpt")
    events = fit(_Stop(hook), end, **options).events + fit(resume=end.path, **options).events
    assert [event for event in events if event[0] == "batch"] == whole
