"""The last lines of a training: the best checkpoint, or why there is none, and why it ended."""

import re
from typing import Any

import pytest
import torch
from jsonargparse import Namespace
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from captioner.__main__ import main
from captioner.callbacks import LastCheckpoint
from captioner.callbacks.best_checkpoint import BestCheckpoint, ResumableEarlyStopping
from captioner.checkpoints.checkpoint_file import MonitoredMetric
from captioner.commands.runs.run_summary import summarize_fit
from captioner.commands.trainer.trainer_settings import allowed_callbacks
from captioner.training.job_limits import JobLimits
from captioner.training.optimizer import OptimizerSettings, optimizer_config

pytestmark = pytest.mark.integration

METRIC = MonitoredMetric("val/score", "max", "of a list")
STEPS = 4  # of an epoch


class Scored(LightningModule):
    """Validate with the scores of a list."""

    monitored = METRIC

    def __init__(self, scores, schedule="cosine", warmup=1):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.scores = iter(scores)
        self.optimizer_settings = OptimizerSettings(
            learning_rate=5e-4, schedule=schedule, warmup_steps=warmup
        )

    def training_step(self, batch, batch_idx):
        """Learn nothing in particular."""
        return self.layer(batch).sum()

    def validation_step(self, batch, batch_idx):
        """Take the next score."""
        self.log("val/score", next(self.scores))

    def configure_optimizers(self):
        """Train as captioners do."""
        return optimizer_config(self.trainer, self.optimizer_settings, self.parameters())


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """Return a function that trains for a moment and gives what is said at the end."""
    monkeypatch.chdir(tmp_path)

    def run(
        *own,
        scores=(1.0, 2.0),
        schedule="cosine",
        warmup=1,
        patience=1,
        ckpt_path=None,
        monitored=METRIC,
        **settings,
    ):
        wanted = Namespace(
            barebones=settings.get("barebones", False),
            fast_dev_run=settings.get("fast_dev_run", False),
            enable_checkpointing=settings.get("enable_checkpointing"),
        )
        ours = [
            ResumableEarlyStopping(monitored, patience),
            BestCheckpoint(monitored),
            LastCheckpoint(),
        ]
        model: Any = Scored(scores, schedule, warmup)
        trainer = Trainer(
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
            callbacks=[*own, *allowed_callbacks(ours, wanted)],
            **{"max_epochs": 2, "num_sanity_val_steps": 0, **settings},
        )
        begun_at = torch.load(ckpt_path, weights_only=True)["global_step"] if ckpt_path else 0
        batches = torch.ones(STEPS, 1)
        trainer.fit(model, batches, batches[:1], ckpt_path=ckpt_path, weights_only=True)
        return summarize_fit(trainer, model, begun_at)

    return run


BEST = "Best checkpoint (val/score 2.000, of a list): checkpoints/best.ckpt"


def test_the_best_one_whatever_else_writes_checkpoints(lines, tmp_path):
    own = ModelCheckpoint(tmp_path / "own", every_n_train_steps=2, save_top_k=-1)
    assert lines(own, patience=5) == [BEST]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"limit_val_batches": 0}, "trainer.limit_val_batches 0 leaves nothing to validate"),
        (
            {"check_val_every_n_epoch": 3},
            "trainer.check_val_every_n_epoch 3 is more than the 2 epochs of the run",
        ),
        (
            {"val_check_interval": 9, "check_val_every_n_epoch": None},
            "trainer.val_check_interval 9 is more than what was trained",
        ),
        ({"max_steps": 3}, "training ended before the first validation"),
    ],
)
def test_no_validation_leaves_no_best_one(settings, why, lines):
    last = "; the last weights are in checkpoints/last.ckpt"
    assert lines(**settings) == [f"No best checkpoint: {why}{last}"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"fast_dev_run": True}, "trainer.fast_dev_run keeps none"),
        ({"enable_checkpointing": False}, "trainer.enable_checkpointing false keeps none"),
        ({"barebones": True, "num_sanity_val_steps": None}, "trainer.barebones keeps none"),
    ],
)
def test_nothing_is_kept_where_nothing_is_to_be(settings, why, lines, tmp_path):
    assert lines(**settings) == [f"No best checkpoint: {why}"]
    assert not list(tmp_path.rglob("*.ckpt"))


def test_a_validation_that_logs_something_else(lines, monkeypatch):
    monkeypatch.setattr(Scored, "monitored", METRIC._replace(name="val/CIDEr"))
    last = "the last weights are in checkpoints/last.ckpt"
    assert lines(monitored=Scored.monitored) == [
        f"No best checkpoint: no validation logged val/CIDEr; {last}"
    ]


def test_a_run_that_trains_nothing_says_which_limit_is_reached(lines, tmp_path):
    none = "No step was trained: trainer."
    assert lines(max_epochs=0) == [f"{none}max_epochs 0 is reached; a larger one trains on"]
    assert lines(limit_train_batches=0) == [f"{none}limit_train_batches is 0"]
    lines(max_epochs=2)
    reached = [BEST, f"{none}max_epochs 2 is reached; a larger one trains on"]
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert lines(max_epochs=2, ckpt_path=last) == reached
    reached[1] = f"{none}max_steps 8 is reached; a larger one trains on"
    assert lines(max_epochs=9, max_steps=8, ckpt_path=last) == reached
    reached[1] = f"{none}max_steps 5 is reached (8 are done); a larger one trains on"
    assert lines(JobLimits(max_steps=5), max_epochs=9, ckpt_path=last) == reached
    reached[1] = f"{none}max_epochs 1 is reached (2 are done); a larger one trains on"
    assert lines(JobLimits(), max_epochs=1, ckpt_path=last) == reached


NEVER_BETTER = [2.0] * 9


def test_patience_that_ends_a_run_before_its_rate_has_fallen(lines, tmp_path):
    best, early = lines(scores=NEVER_BETTER, patience=2, max_epochs=9)
    assert best == BEST
    assert early == (
        "Stopped after 3 of 9 epochs without a better val/score, with the learning rate still at"
        " 0.00039 of 0.0005; a smaller trainer.max_epochs lets it fall, a larger --patience waits"
        " longer"
    )
    # A run that goes on from there trains nothing, and says the same.
    last = tmp_path / "checkpoints" / "last.ckpt"
    goes_on = {"patience": 2, "max_epochs": 9, "ckpt_path": last}
    assert lines(scores=NEVER_BETTER, **goes_on) == [best, early]
    # With more patience it is not said that an earlier one had none.
    goes_on["patience"] = -1
    early = lines(scores=NEVER_BETTER, max_time={"milliseconds": 1}, **goes_on)[-1]
    assert early.startswith("Stopped by trainer.max_time after 1")
    assert lines(scores=[2.0, 3.0] * 3, **goes_on) == [BEST.replace("2.000", "3.000")]


def test_a_rate_that_has_fallen_or_never_falls_is_not_spoken_of(lines):
    waits = " without a better val/score; a larger --patience waits longer"
    scores = [*(float(score) for score in range(8)), 7.0, 7.0]
    assert lines(scores=scores, max_epochs=10)[1] == f"Stopped after 9 of 10 epochs{waits}"
    for schedule in ("constant", "inverse_sqrt"):
        early = lines(scores=NEVER_BETTER, schedule=schedule, max_epochs=9)[1]
        assert early == f"Stopped after 2 of 9 epochs{waits}"


def test_a_rate_that_is_still_rising(lines):
    assert lines(scores=NEVER_BETTER, warmup=40, schedule="constant", max_epochs=9)[1] == (
        "Stopped after 2 of 9 epochs without a better val/score, with the learning rate still"
        " rising, at 0.00011 of 0.0005; fewer model.warmup_steps end that sooner, a larger"
        " --patience waits longer"
    )


def test_patience_counted_in_steps(lines):
    early = lines(scores=NEVER_BETTER, max_epochs=-1, max_steps=1000)[1]
    assert early.startswith("Stopped after 8 of 1,000 steps without a better val/score, with the")
    assert "a smaller trainer.max_steps lets it fall, " in early


def test_a_job_whose_time_is_over_before_it_begins(lines):
    assert lines(JobLimits(max_time={"seconds": 0})) == [
        "No step was trained: trainer.max_time is over; a longer one trains on"
    ]


def test_a_run_that_has_trained_more_epochs_than_are_asked_for_now(lines, tmp_path):
    lines(scores=NEVER_BETTER, patience=2, max_epochs=9)
    last = tmp_path / "checkpoints" / "last.ckpt"
    asked = {"patience": 2, "max_epochs": 1, "ckpt_path": last}
    (early,) = lines(JobLimits(), scores=NEVER_BETTER, **asked)[1:]
    assert early.startswith("Stopped after 3 epochs without a better val/score")


def test_what_else_ends_a_run_early(lines):
    own = EarlyStopping("val/score", mode="max", patience=1)
    early = lines(own, scores=NEVER_BETTER, patience=5, max_epochs=9)[1]
    assert early.endswith("a larger patience of EarlyStopping waits longer")
    own = EarlyStopping("val/score", mode="max", patience=9, stopping_threshold=1.5)
    early = lines(own, scores=NEVER_BETTER, patience=5, max_epochs=9)[1]
    assert early.endswith("Stopping threshold reached: val/score = 2.0 > 1.5.")
    early = lines(patience=5, scores=NEVER_BETTER, max_epochs=9, max_time={"milliseconds": 1})[-1]
    assert re.match(r"Stopped by trainer.max_time after \d+ steps, with the learn", early)


def test_a_training_says_how_it_ended(small_run, tmp_path, capsys):
    quick = ("--trainer.limit_val_batches=0", "--trainer.max_epochs=1", "--name=unseen")
    assert main(small_run("fit", tmp_path, *quick)) == 0
    said = capsys.readouterr()
    last = tmp_path / "unseen" / "version_0" / "checkpoints" / "last.ckpt"
    assert last.is_file()
    assert said.out.splitlines()[-1].startswith(
        "No best checkpoint: trainer.limit_val_batches 0 leaves nothing to validate; the last"
    )
    assert "ModelCheckpoint" not in said.out + said.err


@pytest.mark.parametrize(
    ("command", "setting", "why"),
    [
        ("test", "limit_test_batches=0", "limit_test_batches 0 leaves nothing to evaluate"),
        ("validate", "limit_val_batches=0", "limit_val_batches 0 leaves nothing to evaluate"),
        ("test", "barebones=true", "barebones logs none"),
        ("test", "limit_test_batches=1", None),
    ],
)
def test_no_scores_are_explained_where_there_are_none(
    command, setting, why, trained, small_run, tmp_path, capsys
):
    arguments = small_run(command, tmp_path, f"--ckpt_path={trained}", f"--trainer.{setting}")
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert ("BLEU and ROUGE-L from 0 to 1" in said) is (why is None)
    assert why is None or f"No scores: trainer.{why}\n" in said


@pytest.mark.parametrize(
    ("clock", "end"),
    [
        ("00:00:00:00", "Best checkpoint (val/CIDEr"),
        ("00:09:00:00", "No best checkpoint: trainer.val_check_interval 00:09:00:00 is more than"),
    ],
)
def test_validations_by_the_clock(clock, end, small_run, tmp_path, capsys):
    quick = (f"--trainer.val_check_interval={clock}", "--trainer.max_epochs=1")
    assert main(small_run("fit", tmp_path, *quick)) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(end)
