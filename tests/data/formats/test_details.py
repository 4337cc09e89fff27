"""What is peculiar to a format."""

import json

import pytest

from captioner.data import CocoDataModule, FlickrDataModule, KarpathyDataModule
from captioner.errors import CaptionerError


def test_karpathy_ids_are_those_of_coco_and_restval_may_be_left_out(formats, small, tmp_path):
    file = formats.karpathy(tmp_path, "photos", small).annotations
    content = json.loads((tmp_path / "dataset_tiny.json").read_text())
    for image in content["images"]:
        image["cocoid"] = 1000 + image["imgid"]
    (tmp_path / "dataset_tiny.json").write_text(json.dumps(content))
    with_rest = KarpathyDataModule(file, "photos").splits.train
    assert sorted(each.image_id for each in with_rest) == [1000, 1001, 1002, 1003]
    without = KarpathyDataModule(file, "photos", restval=False).splits.train
    assert [each.image_id for each in without] == [1000, 1002]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "validation"}, r"images\[1\]: expected a split of .*, found 'validation'"),
        (
            {"filename": None},
            r"images\[1\]: expected a 'filename' and a number .*, found None",
        ),
        ({"imgid": "x1"}, r"images\[1\]: expected a 'filename' and a number"),
        ({"imgid": 0}, r"images\[1\]: expected every image once, found '8_b.jpg' or its id 0"),
        ({"filename": "7_a.jpg"}, r"images\[1\]: expected every image once, found '7_a.jpg'"),
        ({"sentences": []}, r"images\[1\]: expected a caption for every image, found none of"),
        ({"sentences": [{}]}, r"images\[1\].sentences\[0\]: expected a caption, found None"),
    ],
)
def test_a_split_file_is_checked(formats, small, tmp_path, change, message):
    data = formats.karpathy(tmp_path, "photos", small)
    file = tmp_path / "dataset_tiny.json"
    content = json.loads(file.read_text())
    content["images"][1] |= change
    file.write_text(json.dumps(content))
    with pytest.raises(CaptionerError, match=message):
        _ = data.splits.train


@pytest.fixture
def flickr(tmp_path):
    """Return a function that makes a data module of a token file and a training list."""

    def make(tokens, listed, **lists):
        (tmp_path / "tokens.txt").write_text(tokens)
        (tmp_path / "train.txt").write_text(listed)
        return FlickrDataModule(
            str(tmp_path / "tokens.txt"), str(tmp_path / "train.txt"), images="photos", **lists
        )

    return make


def test_names_in_split_lists_may_lack_their_ending(flickr):
    data = flickr("7.jpg#0\tA dog .\n8.jpg#0\tA cat .\r\n\n", "8\n")
    assert [each.path for each in data.splits.train] == ["photos/8.jpg"]
    assert data.splits.train[0].captions == ("A cat .",)


def test_a_picture_in_no_list_is_in_no_part(flickr):
    # Flickr8k.token.txt describes one picture that does not exist, 2258277193_586949ec62.jpg.1
    data = flickr("7.jpg#0\tA dog .\n7.jpg.1#0\tA dog .\n", "7.jpg\n")
    assert [each.path for each in data.splits.train] == ["photos/7.jpg"]


def test_a_row_of_results_csv_may_lack_its_second_bar(flickr):
    text = "image_name| comment_number| comment\n7.jpg| 0| A dog | runs .\n7.jpg| 4   It barks .\n"
    assert flickr(text, "7.jpg").splits.train[0].captions == ("A dog | runs .", "It barks .")


@pytest.mark.parametrize(
    ("tokens", "listed", "message"),
    [
        ("7.jpg#0\tA .\nrubbish of words", "7.jpg", "line 2: expected 'name.jpg#0', .* 'rubbish"),
        ("7.jpg#0\tA .\n", "7.jpg\n9.jpg\n", r"train.txt: line 2: expected a picture of .*'9.jpg'"),
        ("7.jpg#0\tA .\n", "7.jpg\n7.jpg\n", "line 2: expected every picture in one list once"),
        # which took hours when spaces could belong to a name or not
        ("7.jpg" + " " * 300_000 + "\n", "7.jpg", "line 1: expected 'name.jpg#0'"),
        ("\n", "7.jpg\n", "tokens.txt: expected at least one caption, found none"),
    ],
)
def test_token_files_and_lists_are_checked(flickr, tokens, listed, message):
    with pytest.raises(CaptionerError, match=message):
        _ = flickr(tokens, listed).splits.train


def test_lists_must_not_overlap(flickr, tmp_path):
    (tmp_path / "test.txt").write_text("7\n")
    data = flickr("7.jpg#0\tA .\n", "7.jpg\n", test_images=str(tmp_path / "test.txt"))
    with pytest.raises(CaptionerError, match=r"test.txt: line 1: .* found '7' in .*train.txt"):
        _ = data.splits.train


@pytest.mark.parametrize("name", ["a.jpg", "./a.jpg"])
def test_a_picture_with_two_ids_is_refused(name, tmp_path):
    images = [{"id": 4, "file_name": "a.jpg"}, {"id": 7, "file_name": name}]
    texts = [{"id": n, "image_id": n, "caption": "A dog."} for n in (4, 7)]
    file = tmp_path / "captions.json"
    file.write_text(json.dumps({"images": images, "annotations": texts}))
    with pytest.raises(CaptionerError, match=r"once, found photos/a.jpg under the ids 4 and 7"):
        _ = CocoDataModule(str(file), images="photos").splits.train


def test_nocaps_reports_by_domain(tmp_path):
    domains = ("in-domain", "near-domain", "out-domain")
    images = [{"id": n, "file_name": f"{n}.jpg", "domain": each} for n, each in enumerate(domains)]
    texts = [{"id": n, "image_id": n // 2, "caption": f"Caption {n}."} for n in range(6)]
    file = tmp_path / "nocaps.json"
    file.write_text(json.dumps({"images": images, "annotations": texts}))
    data = CocoDataModule(test_annotations=str(file), images="photos", group_by="domain")
    assert [each.group for each in data.splits.test] == list(domains)
