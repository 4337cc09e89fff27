"""A run that is killed and resumed sees the batches that it would have seen."""

import pytest
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from captioner.data import CocoDataModule

pytestmark = pytest.mark.integration

IMAGES, BATCH, EPOCHS = 10, 3, 3
STEPS = 4  # of an epoch


class KilledError(Exception):
    """Stands for the end of the process."""


class KillAfter(Callback):
    """Raise after a number of training batches, counted over epochs."""

    def __init__(self, batches):
        self.batches = batches

    def on_train_batch_end(self, *args):
        """Count."""
        self.batches -= 1
        if self.batches == 0:
            raise KilledError


class SaveAt(Callback):
    """Save last.ckpt the n-th time that a hook is called."""

    def __init__(self, folder, hook, times):
        def save(trainer, *args):
            if not trainer.sanity_checking:
                self.times -= 1
                if self.times == 0:
                    trainer.save_checkpoint(folder / "last.ckpt")

        self.times = times
        setattr(self, hook, save)


@pytest.fixture(scope="module")
def fit(coco, tiny_model, tmp_path_factory):
    """Train on ten images, and return (epoch, step, images) of each batch seen."""
    folder = tmp_path_factory.mktemp("data")
    train, val = coco(folder, IMAGES), coco(folder, 2, first_id=50)

    def fit(*callbacks, resume=None, num_workers=0, cache_tokens=False, buckets=1, **options):
        data = CocoDataModule(
            train,
            val,
            images=str(folder / "images"),
            batch_size=BATCH,
            bucket_batches=buckets,
            num_workers=num_workers,
            cache_tokens=cache_tokens,
            cache_dir=str(folder / "cache"),
        )
        model = tiny_model()
        trainer = Trainer(
            **{"max_epochs": EPOCHS, "enable_checkpointing": False, **options},
            accelerator="cpu",
            callbacks=list(callbacks),
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        if resume:
            trainer.fit(model, data, ckpt_path=resume, weights_only=True)
        elif any(isinstance(callback, KillAfter) for callback in callbacks):
            with pytest.raises(KilledError):
                trainer.fit(model, data)
        else:
            trainer.fit(model, data)
        return [seen[:3] for seen in model.seen]

    return fit


@pytest.fixture(scope="module")
def whole(fit):
    """The batches of a run that no one interrupts."""
    batches = fit()
    assert len(batches) == STEPS * EPOCHS
    orders = [[images for e, _, images in batches if e == epoch] for epoch in range(EPOCHS)]
    assert orders[0] != orders[1] != orders[2]
    return batches


@pytest.mark.parametrize("kill", [1, 3, STEPS, STEPS + 2, 2 * STEPS, 3 * STEPS - 1])
def test_after_a_batch(fit, whole, tmp_path, kill):
    before = fit(SaveAt(tmp_path, "on_train_batch_end", kill), KillAfter(kill))
    after = fit(resume=tmp_path / "last.ckpt")
    assert before + after == whole


def test_what_workers_have_prepared_does_not_count(fit, whole, tmp_path):
    kill = STEPS + 2
    before = fit(SaveAt(tmp_path, "on_train_batch_end", kill), KillAfter(kill), num_workers=2)
    after = fit(resume=tmp_path / "last.ckpt", num_workers=1)
    assert before + after == whole


def test_cached_tokens_come_in_the_same_order(fit, whole, tmp_path):
    kill = STEPS + 2
    before = fit(SaveAt(tmp_path, "on_train_batch_end", kill), KillAfter(kill), cache_tokens=True)
    after = fit(resume=tmp_path / "last.ckpt", cache_tokens=True)
    assert before + after == whole


def test_batches_sorted_by_length_come_in_the_same_order(fit, whole, tmp_path):
    kill, buckets = STEPS + 2, {"buckets": 2}
    expected = fit(**buckets)
    assert expected != whole
    before = fit(SaveAt(tmp_path, "on_train_batch_end", kill), KillAfter(kill), **buckets)
    assert before + fit(resume=tmp_path / "last.ckpt", **buckets) == expected


def test_twice_within_an_epoch(fit, whole, tmp_path):
    first = fit(SaveAt(tmp_path, "on_train_batch_end", STEPS + 1), KillAfter(STEPS + 1))
    save = SaveAt(tmp_path, "on_train_batch_end", 2)

    with pytest.raises(KilledError):
        fit(save, KillAfter(2), resume=tmp_path / "last.ckpt")
    after = fit(resume=tmp_path / "last.ckpt")
    assert first + after == whole[: STEPS + 1] + whole[STEPS + 3 :]


@pytest.mark.parametrize("hook", ["on_train_epoch_end", "on_validation_end"])
@pytest.mark.parametrize("epochs", [1, 2])
def test_between_epochs(fit, whole, tmp_path, hook, epochs):
    # the run goes on for a while after the save, as it does before a power cut
    fit(SaveAt(tmp_path, hook, epochs), KillAfter(epochs * STEPS + 2))
    assert fit(resume=tmp_path / "last.ckpt") == whole[epochs * STEPS :]


@pytest.mark.parametrize(
    "options",
    [{"max_epochs": -1, "max_steps": 10}, {"limit_train_batches": 3}, {"val_check_interval": 2}],
    ids=str,
)
def test_under_other_trainer_settings(fit, tmp_path, options):
    whole = fit(**options)
    before = fit(SaveAt(tmp_path, "on_train_batch_end", 6), KillAfter(6), **options)
    assert before + fit(resume=tmp_path / "last.ckpt", **options) == whole


def test_with_checkpoints_by_number_of_steps(fit, whole, tmp_path):
    saving = ModelCheckpoint(tmp_path, save_last=True, every_n_train_steps=3)
    fit(saving, KillAfter(8), enable_checkpointing=True)
    assert fit(resume=tmp_path / "last.ckpt") == whole[6:]


def test_within_an_epoch_after_validation(fit, tmp_path):
    options = {"val_check_interval": 2}
    whole = fit(**options)
    fit(SaveAt(tmp_path, "on_validation_end", 3), KillAfter(STEPS + 3), **options)
    assert fit(resume=tmp_path / "last.ckpt", **options) == whole[STEPS + 2 :]
