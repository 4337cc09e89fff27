"""Training and evaluation from shards: what is read, how often, and in which order."""

import os
import pickle
from random import Random

import pytest
import torch
from lightning.pytorch import Callback, Trainer

import captioner.data.batches.sources
from captioner.data import ShardsDataModule, read_image
from captioner.data.shards.words import _load, caption_words
from captioner.data.splits.available_splits import available_splits
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


@pytest.fixture
def make(shards, tmp_path):
    """Build a data module over the shards."""

    def make(**options):
        settings = {"batch_size": 4, "num_workers": 0, "cache_dir": str(tmp_path / "cache")}
        return ShardsDataModule(str(shards), **{**settings, **options})

    return make


def trainer(**options):
    return Trainer(
        **{"max_epochs": 2, **options},
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def attached(data, model):
    stage = trainer()
    stage.strategy.connect(model)
    data.trainer = stage
    data.encoder = model.encoder
    return data


@pytest.mark.parametrize("cache_tokens", [True, False])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_image_once(make, files, tiny_model, cache_tokens, num_workers):
    model, data = tiny_model(), make(cache_tokens=cache_tokens, num_workers=num_workers)
    parts = files().splits
    trainer().fit(model, data)
    for epoch in range(2):
        ids = [image for e, _, images, _ in model.seen if e == epoch for image in images]
        assert sorted(ids) == sorted(example.image_id for example in parts.train)
    assert sorted(set(model.validated)) == sorted(example.image_id for example in parts.dev)
    for method, part in (("validate", parts.val), ("test", parts.test)):
        model.validated = []
        getattr(trainer(), method)(model, data, verbose=False)
        assert model.validated == [example.image_id for example in part]


@pytest.mark.parametrize("cache_tokens", [True, False])
def test_batches_are_those_of_the_files(make, files, tiny_model, tmp_path, cache_tokens):
    options = {"cache_tokens": cache_tokens, "cache_dir": str(tmp_path / "cache")}
    ours = attached(make(**options), tiny_model())
    theirs = attached(files(batch_size=4, num_workers=0, **options), tiny_model())
    assert ours.vocabulary == theirs.vocabulary
    for mine, other in zip(ours.val_dataloader(), theirs.val_dataloader(), strict=True):
        assert torch.equal(mine.images, other.images)
        assert torch.equal(mine.captions, other.captions)
        assert (mine.references, mine.image_ids, mine.groups) == (
            other.references, other.image_ids, other.groups,
        )  # fmt: skip


def test_pictures_go_through_the_encoder_once(make, tiny_model, tiny_encoder):
    encoder = tiny_encoder()
    attached(make(), tiny_model(encoder)).train_dataloader()
    assert encoder.pictures == 10
    again = tiny_encoder()
    attached(make(), tiny_model(again)).train_dataloader()
    assert again.pictures == 0


class KilledError(Exception):
    """Stands for the end of the process."""


class SaveAndKill(Callback):
    """Save a checkpoint after a number of batches, and go no further."""

    def __init__(self, file, batches):
        self.file = file
        self.batches = batches

    def on_train_batch_end(self, trainer, *args):
        """Count."""
        self.batches -= 1
        if self.batches == 0:
            trainer.save_checkpoint(self.file)
            raise KilledError


@pytest.mark.parametrize("kill", [2, 4])
def test_a_resumed_run_neither_decodes_nor_repeats_what_was_seen(
    make, tiny_model, tmp_path, kill, monkeypatch
):
    settings = {"cache_tokens": False}
    whole = tiny_model()
    trainer().fit(whole, make(**settings))
    before, after = tiny_model(), tiny_model()
    killed = trainer(callbacks=[SaveAndKill(tmp_path / "last.ckpt", kill)])
    with pytest.raises(KilledError):
        killed.fit(before, make(num_workers=1, **settings))
    decoded = []
    monkeypatch.setattr(
        captioner.data.batches.sources,
        "read_image",
        lambda path, **options: decoded.append(path) or read_image(path, **options),
    )
    options = {"ckpt_path": tmp_path / "last.ckpt", "weights_only": True}
    resumed = trainer(num_sanity_val_steps=0, limit_val_batches=0)
    resumed.fit(after, make(**settings), **options)
    assert [seen[:3] for seen in before.seen + after.seen] == [seen[:3] for seen in whole.seen]
    assert len(decoded) == sum(len(images) for _, _, images, _ in after.seen)


def test_says_when_the_order_of_the_shards_has_changed(make, tiny_model, tmp_path, caplog):
    killed = trainer(callbacks=[SaveAndKill(tmp_path / "last.ckpt", 1)])
    with pytest.raises(KilledError):
        killed.fit(tiny_model(), make())
    options = {"ckpt_path": tmp_path / "last.ckpt", "weights_only": True}
    trainer().fit(tiny_model(), make(), **options)
    assert "settings differ" not in caplog.text
    trainer().fit(tiny_model(), make(shuffle_window=2), **options)
    assert "(shuffle_window 5000 -> 2)" in caplog.text


def test_words_are_counted_once_and_without_pictures(make, files, shards, monkeypatch):
    monkeypatch.setattr("captioner.data.pictures.images.decode_picture", None)
    expected = files(min_count=3).vocabulary
    assert make(min_count=3).vocabulary == expected
    data = make(min_count=3, bucket_batches=2)
    monkeypatch.setattr("captioner.data.shards.shard_examples.read_member", None)
    assert data.vocabulary == expected
    assert data._words.longest.tolist() == [3] * 10


def test_what_a_killed_process_left_of_words_is_cleared_away(make, shards):
    half = shards / ".train.words.ptb.npz.0.tmp"
    half.write_bytes(b"half")
    make().vocabulary  # noqa: B018 - counts words
    assert (shards / "train.words.ptb.npz").is_file()
    assert not half.exists()


def test_words_of_other_shards_are_not_used(make, shards):
    part = make().splits.train
    kept = shards / "train.words.ptb.npz"
    assert not kept.exists()
    caption_words(part, make().tokenizer)
    content = kept.read_bytes()
    index = shards / "index.json"
    index.write_text(index.read_text().replace('"digest": "', '"digest": "0'))
    assert make().vocabulary
    assert kept.read_bytes() != content
    whole = kept.read_bytes()
    part = make().splits.train  # of the index as it is now
    words = _load(kept, part)
    assert words is not None
    random = Random(0)
    for number in range(300):  # whatever a disk makes of it
        damaged = bytearray(whole)
        damaged[random.randrange(len(whole))] = random.randrange(256)
        if number % 5 == 0:
            del damaged[random.randrange(len(whole)) :]
        kept.write_bytes(damaged)
        read = _load(kept, part)
        if read is not None:
            assert read.counts == words.counts
            assert (read.longest == words.longest).all()
    for rubbish in (b"rubbish", b"PK\5\6" + bytes(18), b"\x93NUMPY\1\0\x10\0{'descr': (((    \n"):
        kept.write_bytes(rubbish)
        assert make().vocabulary
    assert make(limit=2).splits.train.whole is False


def test_a_folder_that_cannot_be_written_is_no_mistake(make, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    assert "square" in make().vocabulary


def test_parts_are_sequences_of_examples(make):
    part = make().splits.train
    assert [example.image_id for example in part[2:8:3]] == [part[2].image_id, part[5].image_id]
    assert part[-1].image_id == part[len(part) - 1].image_id
    assert part.runs == [3, 3, 3, 1]
    assert part[2:].runs == [1, 3, 3, 1]
    assert part[:4].paths[3] == part[3].path
    assert list(part.paths[1:3]) == [example.path for example in part[1:3]]
    with pytest.raises(IndexError):
        part[10]
    copy = pickle.loads(pickle.dumps(part))
    assert list(copy) == list(part)
    assert len(pickle.dumps(part)) < 2000


def test_a_quick_run_uses_the_first_images(make, files, tiny_model):
    model = tiny_model()
    trainer(max_epochs=1).fit(model, make(limit=5))
    ids = [image for _, _, images, _ in model.seen for image in images]
    assert sorted(ids) == [example.image_id for example in files().splits.train[:5]]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"holdout": 2}, r"data\.holdout: expected 0"), ({"shuffle_window": -1}, "shuffle_window")],
)
def test_refuses_what_makes_no_sense(make, options, message):
    with pytest.raises(CaptionerError, match=message):
        make(**options)


def test_missing_shards_are_named(make, shards):
    data = make()
    assert make(limit=3).describe()["train captions"] == 6
    (shards / "val-000000.tar").unlink()
    with pytest.raises(CaptionerError, match=r"val-000000\.tar: expected a shard of .* no such"):
        _ = make().splits.val
    os.truncate(shards / "test-000000.tar", 1024)
    with pytest.raises(CaptionerError, match=r"test-000000\.tar: expected .* bytes .* found 1,024"):
        _ = make().splits.test
    assert data.describe() == {
        "train annotations": f"{shards}/index.json",
        "train images": 10,
        "train captions": 20,
    }
    (shards / "index.json").unlink()
    with pytest.raises(CaptionerError, match=r"index\.json: expected the index of shards"):
        _ = make().vocabulary


def test_a_part_that_the_data_set_lacks_is_empty(files, pack, tiny_model, tmp_path):
    data = files(holdout=0, test_annotations=None)
    packed = ShardsDataModule(pack(data), cache_dir=str(tmp_path / "cache"), num_workers=0)
    assert (len(packed.splits.dev), len(packed.splits.test)) == (0, 0)
    assert {name: len(part) for name, part in available_splits(packed).items()} == {
        "train": 12,
        "val": 3,
    }
    model = tiny_model()
    trainer(max_epochs=1).fit(model, packed)
    assert sorted(set(model.validated)) == [50, 51, 52]


def test_shards_for_evaluation_alone(files, pack):
    packed = ShardsDataModule(pack(files(train_annotations=None, holdout=0)))
    assert list(available_splits(packed)) == ["val", "test"]
    with pytest.raises(CaptionerError, match=r"index\.json: expected training images, found none"):
        _ = packed.vocabulary


def test_shards_can_be_packed_anew(make, pack):
    again = ShardsDataModule(pack(make(), size=4))
    for name, part in available_splits(make()).items():
        expected = [(example.image_id, example.captions) for example in part]
        assert [(e.image_id, e.captions) for e in available_splits(again)[name]] == expected


@pytest.mark.parametrize("num_workers", [0, 1])
@pytest.mark.parametrize("cache_tokens", [True, False])
def test_damaged_captions_count_as_a_broken_picture(
    make, shards, tiny_model, caplog, cache_tokens, num_workers
):
    settings = {"cache_tokens": cache_tokens, "num_workers": num_workers}
    _ = make().vocabulary
    tar = shards / "train-000001.tar"
    tar.write_bytes(tar.read_bytes().replace(b'"captions"', b'"captains"', 1))
    model = tiny_model()
    trainer(max_epochs=1).fit(model, make(max_broken=1, **settings))
    assert len(model.seen) == 3
    assert caplog.text.count(".json: expected a list of captions, found none") == 1
    with pytest.raises(CaptionerError, match="expected a list of captions") as caught:
        trainer(max_epochs=1).fit(tiny_model(), make(max_broken=0, **settings))
    assert "Traceback" not in str(caught.value)


def test_each_picture_of_a_shard_that_goes_missing_counts(make, shards, tiny_model):
    data = make(cache_tokens=False, max_broken=2)
    _ = data.vocabulary
    (shards / "train-000001.tar").unlink()
    with pytest.raises(CaptionerError, match=r"train-000001\.tar/\d+\.png: expected a whole tar"):
        trainer(max_epochs=1).fit(tiny_model(), data)
