"""The cost of training is counted by a clock that the tests move."""

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn

from captioner.callbacks import LastCheckpoint, TrainingCost
from captioner.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from captioner.types import CaptionBatch, TextBatch

pytestmark = pytest.mark.integration

STEPS, REFERENCES = 4, (2, 3)  # of an epoch; of the two images of a batch
WAIT, STEP, VALIDATION, WRITING = 0.25, 1.0, 100.0, 1000.0
OWN = STEP + WAIT


class Clock:
    """Stand in for the time of day."""

    def __init__(self):
        self.now = 5.0

    def __call__(self):
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("captioner.callbacks.training_cost.perf_counter", clock)
    return clock


def caption_batch():
    return CaptionBatch(
        torch.ones(2, 1), torch.ones(2, 3, 4), [["a dog"] * count for count in REFERENCES]
    )


def text_batch():
    ones = torch.ones(3, 4)
    return TextBatch(ones, ones, ones, lengths=torch.full((3,), 4))


class Loader:
    """Take time to give a batch."""

    def __init__(self, clock, batch, count):
        self.clock, self.batch, self.count = clock, batch, count

    def __len__(self):
        return self.count

    def __iter__(self):
        for _ in range(self.count):
            self.clock.now += WAIT
            yield self.batch


class Model(LightningModule):
    """Take time for every step."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock
        self.weight = nn.Parameter(torch.ones(()))

    def training_step(self, batch, batch_idx):
        """Take a second."""
        self.clock.now += STEP
        return nn.functional.dropout(self.weight).square()

    def validation_step(self, batch, batch_idx):
        """Take much longer."""
        self.clock.now += VALIDATION

    def configure_optimizers(self):
        """Return plain gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


class SlowDisk(AtomicCheckpointIO):
    """Take long to write a checkpoint."""

    def __init__(self, clock):
        self.clock = clock

    def save_checkpoint(self, *args, **options):
        """Write."""
        self.clock.now += WRITING
        super().save_checkpoint(*args, **options)


class Record(Callback):
    """Note what is logged at the end of every validation and epoch."""

    def __init__(self):
        self.rows = []

    def on_validation_end(self, trainer, pl_module):
        """Note."""
        self.note(trainer)

    def on_train_end(self, trainer, pl_module):
        """Note."""
        self.note(trainer)

    def note(self, trainer):
        """Keep a row for the step."""
        if not trainer.sanity_checking:
            costs = trainer.callback_metrics.items()
            row = {name: value.item() for name, value in costs if name.startswith("cost/")}
            self.rows.append((trainer.global_step, row))

    def of(self, name):
        """Return the figure of a name by step."""
        return {step: row[name] for step, row in self.rows if name in row}


def fit(clock, folder, *callbacks, batch=None, resume=None, validate=True, **options):
    torch.manual_seed(0)
    record, cost = Record(), TrainingCost()
    checkpoints = [LastCheckpoint(minutes=0)] if folder is not None else []
    trainer = Trainer(
        **{"max_epochs": 2, **options},
        accelerator="cpu",
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=folder is not None,
        plugins=[SlowDisk(clock)],
        callbacks=[record, *callbacks, cost, *checkpoints],
    )
    model, batch = Model(clock), caption_batch() if batch is None else batch
    held_out = Loader(clock, batch, 1) if validate else None
    trainer.fit(model, Loader(clock, batch, STEPS), held_out, ckpt_path=resume, weights_only=True)
    return record, cost, model


def last_checkpoint(folder):
    return folder / "checkpoints" / "last.ckpt"


def test_steps_and_waiting_count_validation_does_not(clock):
    record, _, _ = fit(clock, None)
    assert record.of("cost/seconds") == {4: 4 * OWN, 8: 8 * OWN}
    assert record.of("cost/images_seen") == {4: 8, 8: 16}
    speed = sum(REFERENCES) / OWN
    assert record.of("cost/captions_per_second") == {4: speed, 8: speed}


def test_absent_references_are_not_captions(clock):
    # They are padded to three for each of the two images.
    record, _, _ = fit(clock, None)
    assert record.of("cost/captions_per_second")[4] * 4 * OWN == 4 * sum(REFERENCES)


def test_writing_checkpoints_does_not_count(clock, tmp_path):
    record, _, _ = fit(clock, tmp_path)
    # After a write the clock goes on with the next step, and the waiting before that is lost. Here
    # all steps are written but the last of an epoch; in a run of hours, one in five minutes.
    assert record.of("cost/seconds") == {4: 4 * STEP + WAIT, 8: 8 * STEP + 2 * WAIT}


def test_validation_within_an_epoch(clock):
    record, _, _ = fit(clock, None, val_check_interval=2)
    assert record.of("cost/seconds") == {step: step * OWN for step in (2, 4, 6, 8)}


def test_without_validation_the_epoch_is_logged(clock):
    record, _, _ = fit(clock, None, validate=False)
    assert record.of("cost/seconds") == {8: 8 * OWN}
    assert record.of("cost/peak_memory")[8] > 1  # MiB that a Python process with torch holds


def test_sentences_of_a_language_model_count_as_captions(clock):
    record, _, _ = fit(clock, None, batch=text_batch())
    assert record.of("cost/captions_per_second") == pytest.approx({4: 3 / OWN, 8: 3 / OWN})
    assert record.of("cost/images_seen") == {}


class KilledError(Exception):
    """Stands for the end of the process."""


class KillAt(Callback):
    """Raise before a step."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_start(self, trainer, *args):
        """Count."""
        if trainer.global_step == self.step:
            raise KilledError


@pytest.mark.parametrize("kill", [2, 5])
def test_a_resumed_run_goes_on_counting(clock, tmp_path, kill):
    whole, _, _ = fit(clock, tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(clock, tmp_path / "cut", KillAt(kill))
    cut = last_checkpoint(tmp_path / "cut")
    clock.now += 1e6
    resumed, cost, _ = fit(clock, tmp_path / "cut", resume=cut)
    assert resumed.of("cost/images_seen")[8] == whole.of("cost/images_seen")[8] == 16
    # The resumed process watches the first batch being read, which follows a write in the other.
    assert resumed.of("cost/seconds")[8] == whole.of("cost/seconds")[8] + WAIT
    assert cost.state_dict()["images"] == 16
    assert resumed.of("cost/peak_memory")[8] >= 1


def test_no_record_of_the_first_steps_no_record_at_all(clock, tmp_path):
    with pytest.raises(KilledError):
        fit(clock, tmp_path, KillAt(5))
    last = last_checkpoint(tmp_path)
    content = torch.load(last, weights_only=True)
    del content["callbacks"]["TrainingCost"]
    torch.save(content, last)
    record, cost, _ = fit(clock, tmp_path, resume=last)
    assert record.rows
    assert all(row == {} for _, row in record.rows)
    assert "TrainingCost" not in torch.load(last, weights_only=True)["callbacks"]
    assert cost.state_dict() == {}


def test_processes_share_what_a_checkpoint_says(clock):
    cost = TrainingCost()
    cost.load_state_dict({"seconds": 2.0, "images": 8.0, "captions": 40.0, "peak_memory": 1.0})
    trainer, model = Trainer(logger=False, enable_checkpointing=False), Model(clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "world_size", 2)
        cost.on_train_start(trainer, model)
    cost.on_train_batch_end(trainer, model, None, caption_batch(), 0)
    assert cost.state_dict()["images"] == 8 + 2 * 2
    assert cost.state_dict()["captions"] == 40 + 2 * sum(REFERENCES)


def test_training_is_the_same_without_it(clock, monkeypatch):
    _, _, counted = fit(clock, None)
    for name in vars(TrainingCost).copy():
        if name.startswith("on_"):
            monkeypatch.setattr(TrainingCost, name, getattr(Callback, name))
    record, _, plain = fit(clock, None)
    assert record.of("cost/seconds") == {}
    assert torch.equal(counted.weight, plain.weight)
