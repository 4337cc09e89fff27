"""The data module: vocabulary, parts, pixels or cached tokens, bad settings."""

import json
import logging
import pickle
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Trainer

from captioner.data import Augmentation, CocoDataModule, EvalTransform
from captioner.errors import CaptionerError
from captioner.text import Vocabulary


@pytest.fixture
def make(coco, tmp_path):
    """Build a data module over twelve training, three validation and two test images."""
    train = coco(tmp_path, 12)
    val = coco(tmp_path, 3, first_id=50, word="valonly")
    test = coco(tmp_path, 2, first_id=70, word="testonly")

    def make(**options):
        settings = {
            "train_annotations": train,
            "val_annotations": val,
            "test_annotations": test,
            "images": str(tmp_path / "images"),
            "cache_dir": str(tmp_path / "cache"),
            "batch_size": 5,
            "num_workers": 0,
        }
        return CocoDataModule(**{**settings, **options})

    return make


@pytest.fixture
def trainer():
    def trainer(**options):
        return Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            **options,
        )

    return trainer


@pytest.fixture
def loaders(make, tiny_model, tiny_encoder, trainer):
    """Attach a data module to a model as Lightning does, without training."""

    def loaders(frozen=True, **options):
        data, model = make(**options), tiny_model(tiny_encoder(frozen))
        attached = trainer()
        attached.strategy.connect(model)
        data.trainer = attached
        data.encoder = model.encoder
        return data, model

    return loaders


def test_words_of_other_parts_never_reach_the_vocabulary(make, coco, tmp_path):
    data = make(holdout=4)
    dev = {example.image_id for example in data.splits.dev}
    words = {word for e in data.splits.train for text in e.captions for word in _words(data, text)}
    assert set(data.vocabulary.words[4:]) == words
    assert "valonly" not in data.vocabulary
    assert "testonly" not in data.vocabulary

    # give each held-out image a word of its own: none of them may be learnt
    file = Path(data.train_annotations)
    text = file.read_text()
    for image in dev:
        text = text.replace(f'"image_id": {image}, "caption": "', f'"image_id": {image}, '
                            f'"caption": "devonly{image} ')  # fmt: skip
    file.write_text(text)
    leaky = make(holdout=4)
    captions = [text for example in leaky.splits.dev for text in example.captions]
    assert all("devonly" in caption for caption in captions)
    assert not [word for word in leaky.vocabulary.words if "devonly" in word]


def _words(data, text):
    return data.tokenizer.tokenize(text)


def test_rare_words_can_be_left_out(make):
    assert "square" in make(min_count=12).vocabulary
    assert "square" not in make(min_count=13).vocabulary


def test_a_checkpoint_s_vocabulary_wins(loaders):
    data, _ = loaders()
    data.vocabulary = Vocabulary(["square"])
    assert len(data.vocabulary) == 5
    assert set(next(iter(data.train_dataloader())).captions.unique().tolist()) <= {0, 1, 2, 3, 4}


def test_the_vocabulary_needs_no_trainer_and_no_pictures(make, tmp_path):
    for picture in (tmp_path / "images").iterdir():
        picture.unlink()
    assert "square" in make().vocabulary


def test_cached_tokens_equal_encoded_pixels(loaders):
    cached, model = loaders()
    pixels, _ = loaders(cache_tokens=False)
    for with_tokens, with_pixels in zip(
        cached.test_dataloader(), pixels.test_dataloader(), strict=True
    ):
        assert with_pixels.images.shape == (2, 3, 8, 8)
        assert with_pixels.images.dtype == torch.uint8
        assert with_tokens.images.shape == (2, 4, 3)
        assert with_tokens.images.dtype == torch.float16
        assert torch.equal(model.encoder(with_pixels.images).half(), with_tokens.images)
        assert with_tokens.references == with_pixels.references


@pytest.mark.parametrize("cache_tokens", [True, False])
def test_data_sets_can_be_sent_to_workers_that_share_no_memory(loaders, cache_tokens):
    data, _ = loaders(cache_tokens=cache_tokens)
    dataset = data.test_dataloader()._make().dataset
    copy = pickle.loads(pickle.dumps(dataset))
    assert torch.equal(copy[0, 1].image, dataset[0, 1].image)
    assert torch.equal(copy[0, 1].captions, dataset[0, 1].captions)


def test_an_encoder_that_is_fine_tuned_gets_pixels(loaders, tmp_path, caplog):
    data, _ = loaders(frozen=False)
    with caplog.at_level(logging.INFO):
        assert next(iter(data.train_dataloader())).images.shape == (5, 3, 8, 8)
    assert "Batches hold pixels" in caplog.text
    assert not (tmp_path / "cache").exists()


def test_only_training_pixels_are_cut_out_at_random(loaders, tmp_path):
    from PIL import Image

    for picture in (tmp_path / "images").iterdir():
        Image.radial_gradient("L").convert("RGB").save(picture)
    data, _ = loaders(frozen=False)
    train, val = data.train_dataloader(), data.val_dataloader()
    assert not torch.equal(*next(iter(train)).images[:2])
    assert torch.equal(*next(iter(val)).images[:2])
    first = next(iter(train)).images
    assert torch.equal(next(iter(train)).images, first)  # a function of seed, epoch and image
    frozen, _ = loaders(cache_tokens=False)
    assert torch.equal(*next(iter(frozen.train_dataloader())).images[:2])


@pytest.mark.parametrize("augment", [True, Augmentation(min_area=0.5)], ids=["true", "settings"])
def test_a_frozen_encoder_may_have_augmented_pictures_in_training_only(
    loaders, tmp_path, augment, caplog
):
    data, _ = loaders(augment=augment)
    with caplog.at_level(logging.INFO):
        train, val = data.train_dataloader(), data.val_dataloader()
    assert "not cached tokens: the pictures are augmented" in caplog.text
    first = next(iter(train)).images
    assert first.shape == (5, 3, 8, 8)
    train.sampler.set_epoch(1)
    assert not torch.equal(next(iter(train)).images, first)
    assert next(iter(val)).images.dtype == torch.float16  # cached
    assert train._make().dataset.source.transform.augmentation == (
        Augmentation() if augment is True else augment
    )


def test_views_of_training_pictures_are_cached_and_drawn_by_epoch(loaders, tmp_path):
    data, _ = loaders(cached_views=3)
    train, val = data.train_dataloader(), data.val_dataloader()
    batches = []
    for epoch in range(4):
        train.sampler.set_epoch(epoch)
        images = {}
        for batch in train:
            assert batch.images.dtype == torch.float16  # cached
            images |= dict(zip(batch.image_ids, batch.images, strict=True))
        batches.append(images)
    differing = sum(not torch.equal(batches[0][key], batches[3][key]) for key in batches[0])
    assert differing > 0
    assert next(iter(val)).images.dtype == torch.float16
    assert len([path for path in (tmp_path / "cache").iterdir() if path.is_dir()]) == 3
    # With an encoder that learns from the first stage on there is nothing to store.
    pixels = next(iter(loaders(frozen=False, cached_views=3)[0].train_dataloader())).images
    assert pixels.shape == (5, 3, 8, 8)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cached_views": 0}, "data.cached_views: expected at least 1, found 0"),
        ({"cached_views": 2, "augment": False}, "expected 1 with augment false, found 2"),
        ({"cached_views": 2, "cache_tokens": False}, "expected 1 with cache_tokens false, found 2"),
    ],
)
def test_views_that_cannot_be_had_are_refused(make, settings, said):
    with pytest.raises(CaptionerError, match=said):
        make(**settings)


@pytest.fixture
def teacher(make, tmp_path):
    """A results file with captions of most training images, and one of a validation image."""
    file = tmp_path / "teacher.json"
    said = [(image, "one square") for image in range(1, 11)]
    said += [(5, "a square like no other"), (6, " "), (50, "what nobody may learn")]
    file.write_text(json.dumps([{"image_id": key, "caption": text} for key, text in said]))
    return str(file)


def test_what_a_teacher_says_is_learnt_from_beside_the_true_captions(loaders, teacher):
    plain, _ = loaders()
    data, _ = loaders(distill_from=[teacher])
    assert data.vocabulary.words == plain.vocabulary.words

    def references(loader):
        return {
            image: [data.vocabulary.decode(row.tolist()) for row in rows if row.any()]
            for batch in loader
            for image, rows in zip(batch.image_ids, batch.captions, strict=True)
        }

    true, learnt = references(plain.train_dataloader()), references(data.train_dataloader())
    more = {image: len(rows) - len(true[image]) for image, rows in learnt.items()}
    assert more == {image: (2 if image == 5 else int(image < 11)) for image in true}
    assert references(data.val_dataloader()) == references(plain.val_dataloader())
    assert list(data.training_references()) == list(plain.training_references())


@pytest.mark.parametrize("ids", [[50], [1, 2, 3, 4]], ids=["others", "few"])
def test_a_teacher_of_other_images_is_refused_before_any_is_encoded(loaders, tmp_path, ids):
    # Numbers and names of validation images may be the same as those of training images.
    file = tmp_path / "other.json"
    file.write_text(json.dumps([{"image_id": image, "caption": "a leak"} for image in ids]))
    data, _ = loaders(distill_from=[str(file)])
    with pytest.raises(CaptionerError, match="distill_from: expected captions of most of the 12"):
        data.train_dataloader()
    assert not (tmp_path / "cache").exists()


def test_augmentation_can_be_switched_off(loaders):
    data, _ = loaders(frozen=False, augment=False)
    transform = data.train_dataloader()._make().dataset.source.transform
    assert isinstance(transform, EvalTransform)


def test_fit_validates_on_the_held_out_part_and_validate_on_the_validation_set(
    make, tiny_model, trainer
):
    data, model = make(holdout=3), tiny_model()
    trainer().fit(model, data)
    dev = {example.image_id for example in data.splits.dev}
    assert set(model.validated) == dev
    trained = {image for _, _, images, _ in model.seen for image in images}
    assert len(trained) == 9
    assert not trained & dev
    for method, expected in (("validate", [50, 51, 52]), ("test", [70, 71])):
        model.validated = []
        getattr(trainer(), method)(model, data, verbose=False)
        assert model.validated == expected


def test_without_a_validation_set_the_held_out_part_takes_its_place(make, tiny_model, trainer):
    data, model = make(holdout=3, val_annotations=None), tiny_model()
    trainer().validate(model, data, verbose=False)
    assert set(model.validated) == {example.image_id for example in data.splits.dev}


def test_without_a_held_out_part_fit_validates_on_the_validation_set(make, tiny_model, trainer):
    data, model = make(), tiny_model()
    trainer(num_sanity_val_steps=0).fit(model, data)
    assert model.validated == [50, 51, 52]


def test_overfitting_batches_keeps_their_order(make, tiny_model, trainer):
    model = tiny_model()
    trainer(overfit_batches=2).fit(model, make(holdout=2))
    ids = [image for _, _, images, _ in model.seen for image in images]
    assert len(ids) == 10
    assert ids == sorted(ids)


def test_training_batches_of_like_length_are_a_setting(make, coco, tiny_model, trainer, tmp_path):
    long = coco(tmp_path, 6, first_id=20, captions=("A much longer caption of a {} square.",))
    short = coco(tmp_path, 6, first_id=30, captions=("A {} square.",))
    together = {"images": [], "annotations": []}
    for file in (long, short):
        for part, rows in json.loads(Path(file).read_text()).items():
            together[part] += rows
    (tmp_path / "both.json").write_text(json.dumps(together))
    data = make(train_annotations=str(tmp_path / "both.json"), batch_size=3, bucket_batches=4)
    attached = trainer()
    attached.fit(tiny_model(), data)
    words = [batch.captions.shape[2] for batch in data.train_dataloader()]
    assert sorted(words) == [5, 5, 10, 10]
    assert data.val_dataloader().sampler.bucket_batches == 1


@pytest.mark.parametrize("cache_tokens", [True, False])
def test_a_few_broken_training_pictures_are_tolerated(loaders, tmp_path, cache_tokens, caplog):
    (tmp_path / "images" / "0003.png").write_bytes(b"rubbish")
    data, _ = loaders(cache_tokens=cache_tokens, max_broken=1)
    assert sum(len(batch) for batch in data.train_dataloader()) == 12
    assert caplog.text.count("0003.png: expected a picture, found a file of another kind") == 1
    (tmp_path / "images" / "0004.png").unlink()
    with pytest.raises(CaptionerError, match=r"data\.max_broken: expected at most 1 broken"):
        list(data.train_dataloader())


@pytest.mark.parametrize("cache_tokens", [True, False])
def test_a_broken_test_picture_is_an_error(loaders, tmp_path, cache_tokens):
    (tmp_path / "images" / "0071.png").write_bytes(b"")
    data, _ = loaders(cache_tokens=cache_tokens)
    with pytest.raises(CaptionerError, match=r"^\S+0071\.png: expected a picture, found an empty"):
        list(data.test_dataloader())


def test_missing_parts_are_named(loaders):
    data, _ = loaders(val_annotations=None, test_annotations=None)
    with pytest.raises(CaptionerError, match=r"data\.test_annotations: expected test images"):
        data.test_dataloader()
    with pytest.raises(CaptionerError, match=r"data\.val_annotations: .* or data\.holdout"):
        data.val_dataloader()


@pytest.mark.parametrize("train", [None, "nowhere.json"])
@pytest.mark.parametrize("method", ["validate", "test"])
def test_evaluation_needs_no_training_annotations(make, tiny_model, trainer, method, train):
    data, model = make(train_annotations=train, holdout=3), tiny_model()
    data.vocabulary = make().vocabulary
    getattr(trainer(), method)(model, data, verbose=False)
    assert model.validated == {"validate": [50, 51, 52], "test": [70, 71]}[method]


def test_training_and_its_vocabulary_need_training_annotations(loaders):
    data, _ = loaders(train_annotations=None)
    with pytest.raises(CaptionerError, match=r"^data\.train_annotations: expected training"):
        _ = data.vocabulary
    data.vocabulary = Vocabulary(["square"])
    with pytest.raises(CaptionerError, match=r"^data\.train_annotations: expected training"):
        data.train_dataloader()


def test_describes_what_was_trained_on(make):
    data = make(holdout=2)
    assert data.describe() == {
        "train annotations": data.train_annotations,
        "train images": 10,
        "train captions": 20,
    }
    assert make(train_annotations=None).describe() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [("holdout", -1), ("batch_size", 0), ("eval_batch_size", 0), ("num_workers", -1),
     ("bucket_batches", 0), ("max_words", 0), ("min_count", 0), ("max_broken", -1), ("limit", 0)],
)  # fmt: skip
def test_refuses_numbers_out_of_range(make, name, value):
    with pytest.raises(CaptionerError, match=rf"data\.{name}: expected at least .*, found {value}"):
        make(**{name: value})


def test_refuses_an_unknown_tokenizer(make):
    with pytest.raises(CaptionerError, match="tokenizer"):
        make(tokenizer="sentencepiece")
