"""Pictures that are trained on and reported: refused by ``fit``, and by nothing else."""

import logging
import shutil

import pytest

from captioner.__main__ import main
from captioner.data import CocoDataModule
from captioner.data.splits.shared_pictures import shared_pictures
from captioner.errors import CaptionerError


@pytest.fixture
def files(coco, tmp_path):
    """Return annotation files of the pictures 1 to 6, 5 to 8, and 20 to 22."""
    parts = {"train": (6, 1), "shared": (4, 5), "other": (3, 20)}
    return {name: coco(tmp_path, count, first_id=first) for name, (count, first) in parts.items()}


@pytest.fixture
def make(files, tmp_path):
    def make(train="train", folder="images", **parts):
        named = {f"{part}_annotations": files.get(name, name) for part, name in parts.items()}
        return CocoDataModule(files[train], **named, images=str(tmp_path / folder))

    return make


@pytest.mark.parametrize("part", ["val", "test"])
def test_fit_refuses_a_picture_of_both_files_in_one_sentence(make, files, part):
    with pytest.raises(CaptionerError) as error:
        make(**{"val": "other", part: "shared"}).setup("fit")
    sentence = str(error.value)
    assert sentence.startswith(f"{files['shared']}: expected no picture of {files['train']}")
    assert "found 2 pictures of it, such as " in sentence
    assert "images/0005.png" in sentence
    assert f"leave data.{part}_annotations to validate and test" in sentence
    assert "\n" not in sentence


def test_one_picture_is_enough_and_those_set_aside_count(make, coco, tmp_path, files):
    one = coco(tmp_path, 1, first_id=6)
    with pytest.raises(CaptionerError, match=r"found 1 picture of it, such as \S+0006\.png"):
        make(val=one).setup("fit")
    data = make(val="shared")
    data.holdout = 4
    with pytest.raises(CaptionerError, match="found 2 pictures"):
        data.setup("fit")


@pytest.mark.parametrize("stage", ["validate", "test", "predict"])
def test_only_what_trains_is_refused(make, stage):
    data = make(val="shared", test="shared")
    data.setup(stage)
    assert "train" not in vars(data.splits)  # nor is the training file read


def test_files_without_a_common_picture_are_fine(make):
    make(val="other", test="other").setup("fit")
    make().setup("fit")


def test_the_training_file_may_be_named_again(make, files, tmp_path, caplog):
    again = tmp_path / "more" / ".." / "captions_1.json"
    (tmp_path / "more").mkdir()
    with caplog.at_level(logging.WARNING):
        make(val=str(again)).setup("fit")
    assert f"data.val_annotations: {again} is trained on as well" in caplog.text
    copy = shutil.copy(files["train"], tmp_path / "copy.json")  # of which no one can tell why
    with pytest.raises(CaptionerError, match="found 6 pictures"):
        make(test=str(copy)).setup("fit")


def test_a_file_that_is_not_there_is_left_to_what_needs_it(make):
    make(test="nowhere.json").setup("fit")


def test_the_command_ends_with_this_sentence(small_run, colours, tmp_path, capsys):
    copy = shutil.copy(colours / "annotations" / "captions_train.json", tmp_path / "val.json")
    assert main(small_run("fit", tmp_path / "runs", f"--data.val_annotations={copy}")) == 2
    error = capsys.readouterr().err
    assert f"captioner: {copy}: expected no picture of {colours}" in error
    assert "found 16 pictures of it" in error


def test_a_folder_is_the_same_under_each_of_its_names(tmp_path):
    (tmp_path / "photos" / "more").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "photos")
    one = [f"{tmp_path}/photos/more/1.jpg", f"{tmp_path}/photos/2.jpg"]
    other = [f"{tmp_path}/linked/more/1.jpg", f"{tmp_path}/photos/more/2.jpg"]
    assert shared_pictures(one, other) == other[:1]


def test_no_picture_is_looked_at(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("os.path.realpath", lambda path: asked.append(path) or path)
    paths = [f"photos/{number}.jpg" for number in range(1000)]
    assert shared_pictures(paths, paths[:3]) == paths[:3]
    assert asked == ["photos"]
