"""Attention maps of validation pictures reach TensorBoard; what has none does no harm."""

import pytest

from captioner.__main__ import main
from captioner.callbacks import AttentionImages
from captioner.data.pictures.images import read_image

pytestmark = pytest.mark.integration

TAGS = ["val/attention/1", "val/attention/2", "val/attention/3"]


def test_the_first_pictures_are_shown_after_every_epoch(events):
    assert events.Tags()["images"] == TAGS
    for tag in TAGS:
        steps = [event.step for event in events.Images(tag)]
        assert steps == [event.step for event in events.Scalars("val/CIDEr")]
        assert len(steps) == 2


def test_there_are_as_many_as_asked_for():
    assert AttentionImages(count=4).tags == [*TAGS, "val/attention/4"]


@pytest.mark.parametrize(
    "settings",
    [
        ("--model.attention=false",),
        ("--trainer.callbacks=BlindControl",),
    ],
    ids=["no attention", "blind"],
)
def test_quietly_none(settings, small_run, tmp_path, read_events, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = ("--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--name=run")
    assert main(small_run("fit", tmp_path, *short, *settings)) == 0
    for file in tmp_path.rglob("events.out.*"):
        assert read_events(file).Tags()["images"] == []


def test_a_picture_that_is_gone_is_left_out(small_run, tmp_path, read_events, monkeypatch):
    """Its image tokens are cached, so training goes on without it."""

    def read(path):
        return read_image(path + ".gone" if path.endswith("val_1.png") else path)

    monkeypatch.setattr("captioner.callbacks.attention_images.read_image", read)
    assert main(small_run("fit", tmp_path, "--name=run", "--trainer.max_epochs=1")) == 0
    images = read_events(tmp_path / "run" / "version_0").Tags()["images"]
    assert images == ["val/attention/1", "val/attention/3"]
