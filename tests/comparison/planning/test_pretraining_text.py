"""A biLM reads the training captions of the comparison, or says what else."""

import json

import pytest

from captioner.comparison.planning.pretraining_text import check_pretraining_text
from captioner.data import CocoDataModule, ScenesDataModule, ScenesTextDataModule, TextDataModule
from captioner.errors import CaptionerError


@pytest.fixture
def captions(tmp_path):
    """Return a function that writes COCO captions of some images."""

    def write(name: str, first: int, texts: list[str]) -> str:
        numbered = list(enumerate(texts, first))
        file = tmp_path / f"{name}.json"
        content = {
            "images": [{"id": number, "file_name": f"{number}.jpg"} for number, _ in numbered],
            "annotations": [
                {"id": number, "image_id": number, "caption": text} for number, text in numbered
            ],
        }
        file.write_text(json.dumps(content))
        return str(file)

    return write


def test_training_captions_are_what_may_be_read(captions):
    train, val = captions("train", 1, ["A dog.", "A cow."]), captions("val", 11, ["A cat."])
    data = CocoDataModule(train_annotations=train, val_annotations=val, images=".")
    text = TextDataModule(train_text=train, val_text=val)
    check_pretraining_text("ELMo", text, data)
    check_pretraining_text("ELMo", data, data)  # a captioner that another one starts from


def test_the_test_captions_of_a_set_that_was_divided_otherwise_are_not(captions):
    train, test = captions("train", 1, ["A dog.", "A cow."]), captions("test", 11, ["A cat."])
    data = CocoDataModule(train_annotations=train, test_annotations=test, images=".")
    text = TextDataModule(train_text=[train, test])
    with pytest.raises(
        CaptionerError, match=r"^ELMo\.pretraining: .* found 3 sentences of which 1 "
    ):
        check_pretraining_text("ELMo", text, data)


def test_scenes_of_other_sizes_are_other_captions(tmp_path):
    sizes = {"val_size": 2, "test_size": 2}
    data = ScenesDataModule(folder=str(tmp_path / "few"), train_size=4, **sizes)
    same = ScenesTextDataModule(folder=str(tmp_path / "few"), train_size=4, **sizes)
    check_pretraining_text("ELMo", same, data)
    more = ScenesTextDataModule(folder=str(tmp_path / "more"), train_size=8, **sizes)
    with pytest.raises(CaptionerError, match="are none of them"):
        check_pretraining_text("ELMo", more, data)
