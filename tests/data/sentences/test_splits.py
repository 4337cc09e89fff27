"""What is validated on, reported on or excluded is never trained on."""

import json
from pathlib import Path

import pytest

from captioner.data.datamodules.coco import CocoSource
from captioner.data.pictures.file_names import image_key
from captioner.data.sentences.splits import TextSplits
from captioner.data.splits.caption_splits import Splits
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer

TOKENIZER = PTBTokenizer()


@pytest.fixture
def coco(coco, tmp_path):
    """Return a file of 20 images, whose sentences name their image."""
    file = coco(tmp_path, 20)
    content = json.loads(Path(file).read_text())
    for annotation in content["annotations"]:
        annotation["caption"] += f" n{annotation['image_id']} s{annotation['id']}"
    Path(file).write_text(json.dumps(content))
    return file


def write_rows(path, rows):
    lines = [json.dumps({"image": image, "captions": captions}) for image, captions in rows]
    path.write_text("\n".join(lines))
    return str(path)


def read(train, val=(), exclude=(), **options):
    return TextSplits(train, val, exclude, TOKENIZER, **options)


def texts(sentences):
    return [" ".join(words) for words in sentences]


def test_sets_the_captioners_images_aside(coco):
    captioner = Splits(CocoSource({"train": coco}, "photos"), holdout=6)
    parts = read([coco], holdout=6)
    for mine, theirs in ((parts.train, captioner.train), (parts.dev, captioner.dev)):
        captions = [text for example in theirs for text in example.captions]
        assert mine == [TOKENIZER.tokenize(text) for text in captions]
    assert len(parts.dev) == 12
    assert parts.left_out == 0


def test_no_image_that_is_set_aside_comes_in_by_another_file(coco, tmp_path):
    aside = Splits(CocoSource({"train": coco}, "photos"), holdout=6).dev
    rows = [(example.path.replace(".png", ".webp"), ["Something else."]) for example in aside]
    extra = write_rows(tmp_path / "extra.jsonl", [*rows, ("x.jpg", ["Not held out."])])
    parts = read([coco, extra], holdout=6)
    assert "not held out" in texts(parts.train)
    assert "something else" not in texts(parts.train)
    assert parts.left_out == 6


def test_no_sentence_that_is_set_aside_comes_in_by_another_file(coco, tmp_path):
    dev = Splits(CocoSource({"train": coco}, "photos"), holdout=6).dev
    disguised = [example.captions[0].upper().replace(".", " !") for example in dev]
    (tmp_path / "extra.txt").write_text("\n".join([*disguised, "A new sentence."]))
    parts = read([coco, str(tmp_path / "extra.txt")], holdout=6)
    assert not set(texts(parts.dev)) & set(texts(parts.train))
    assert "a new sentence" in texts(parts.train)
    assert parts.left_out == 6


@pytest.mark.parametrize("part", ["val", "exclude"])
def test_no_image_or_sentence_of_another_part_is_trained_on(part, tmp_path):
    train = [
        ("1000268201_693b08cb0e.jpg", ["A dog runs.", "It is brown."]),
        ("COCO_train2014_000000000009.jpg", ["A plate."]),
        ("b.jpg", ["Two cats.", "Two cats !", "They sleep."]),
        ("", [" .", "A bird"]),
    ]
    other = [("1000268201.jpg", ["A cat."]), ("9/000000000009.png", ["TWO cats"]), ("", ["Hm."])]
    files = {
        "train": [write_rows(tmp_path / "train.jsonl", train)],
        part: [write_rows(tmp_path / "other.jsonl", other)],
    }
    parts = read(**files)
    assert texts(parts.train) == ["they sleep", "a bird"]
    assert parts.left_out == 5
    assert texts(parts.val) == (["a cat", "two cats", "hm"] if part == "val" else [])


def test_nothing_left_to_train_on(tmp_path):
    file = write_rows(tmp_path / "a.jsonl", [("a.jpg", ["A dog."])])
    with pytest.raises(CaptionerError, match=r"data\.train_text: .* found none, and 1 that are"):
        _ = read([file], exclude=[file]).train


def test_a_missing_file_that_should_be_excluded_is_an_error(coco):
    with pytest.raises(CaptionerError, match=r"test\.json: expected a caption file"):
        _ = read([coco], exclude=["test.json"]).train


def test_training_needs_a_file():
    with pytest.raises(CaptionerError, match=r"^data\.train_text: expected a file, or several"):
        _ = read([]).train
    assert read([]).dev == read([]).val == []


def test_a_limit_takes_the_first_images(coco):
    parts = read([coco], [coco], limit=3)
    assert len(parts.val) == 6
    assert len(read([coco], holdout=6, limit=2).dev) == 4
    assert len(read([coco], limit=2).train) == 4


@pytest.mark.parametrize("name", ["IMG_0001.jpg", "12_34.jpg", "20240501_101500.jpg"])
def test_names_that_only_look_alike_stay_apart(name):
    assert image_key(name) == name.removesuffix(".jpg")
