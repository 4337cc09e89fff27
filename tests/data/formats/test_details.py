"""What is peculiar to a format."""

import json
import re
import unicodedata

import pytest

from captioner.data import CocoDataModule, FlickrDataModule, FolderDataModule, KarpathyDataModule
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
        ({"imgid": "1"}, r"images\[1\]: expected a 'filename' and a number"),
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


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes a data module of a table."""

    def make(text, name="captions.csv", **options):
        (tmp_path / name).write_text(text)
        return FolderDataModule(str(tmp_path), **options)

    return make


def _names(examples):
    return {each.path.rpartition("/")[2] for each in examples}


def test_pictures_are_divided_by_image_and_always_in_the_same_way(folder, tmp_path):
    rows = [f"{n}.jpg,A caption {n}.\n" for n in range(40)] * 2
    parts = folder("file,caption\n" + "".join(rows)).splits
    sizes = [len(parts.train), len(parts.val), len(parts.test)]
    assert sizes == [32, 4, 4]
    assert len(_names(parts.train) | _names(parts.val) | _names(parts.test)) == 40
    assert all(len(set(each.captions)) == 1 and len(each.captions) == 2 for each in parts.train)
    again = folder("file,caption\n" + "".join(reversed(rows))).splits
    assert _names(again.test) == _names(parts.test)
    other = folder("file,caption\n" + "".join(rows), split_seed=1).splits
    assert _names(other.test) != _names(parts.test)
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "captions.csv").write_text("file,caption\n" + "".join(rows))
    assert _names(FolderDataModule(str(moved)).splits.test) == _names(parts.test)


def test_a_new_picture_moves_few_of_the_others(folder):
    rows = [f"{n}.jpg,A caption.\n" for n in range(200)]
    before = folder("file,caption\n" + "".join(rows)).splits
    after = folder("file,caption\nnew.jpg,New.\n" + "".join(rows)).splits
    assert len(_names(before.test) - _names(after.test)) <= 1


def test_small_folders_have_at_least_one_picture_of_each_part(folder):
    parts = folder("image,caption\na.jpg,A.\nb.jpg,B.\nc.jpg,C.\n").splits
    assert [len(part) for part in (parts.train, parts.val, parts.test)] == [1, 1, 1]
    assert folder("image,caption\na.jpg,A.\nb.jpg,B.\n", test_share=0).splits.test == []


def test_columns_for_split_and_group(folder):
    text = "group,file,split,caption\nred,a.jpg,Train,A.\n,b.jpg,dev,B.\nblue,c.jpg,test,C.\n"
    parts = folder(text).splits
    assert (parts.train[0].group, parts.val[0].group, parts.test[0].group) == ("red", "", "blue")


def test_what_spreadsheets_and_people_add_is_no_matter(folder):
    text = "file , caption ,,\n\n,,,\na.jpg , A dog. ,\n./a.jpg, It runs.,,\n , ,\n,,,\n"
    (example,) = folder(text, val_share=0, test_share=0).splits.train
    assert example.path.endswith("/a.jpg")
    assert example.captions == ("A dog.", "It runs.")


@pytest.mark.parametrize("separator", [", ", "; "])
def test_a_space_before_a_quoted_caption_is_no_matter(folder, separator):
    text = f'file{separator}caption\na.jpg{separator}"A cat, black; or so."\n'
    (example,) = folder(text, val_share=0, test_share=0).splits.train
    assert example.captions == ("A cat, black; or so.",)


def test_another_way_to_write_a_name_is_the_same_picture(folder):
    text = "file,split,caption\nmore/a.jpg,train,A.\n./more//a.jpg,test,A.\n"
    with pytest.raises(CaptionerError, match=r"line 3: expected './more//a.jpg' in the same split"):
        _ = folder(text).splits.train


def test_another_encoding_is_named_with_its_line(folder, tmp_path):
    data = folder("file,caption\na.jpg,A.\n")
    (tmp_path / "captions.csv").write_bytes("file,caption\na.jpg,A.\nb.jpg,Bär.\n".encode("cp1252"))
    with pytest.raises(CaptionerError, match="not UTF-8 in line 3, so save it as UTF-8"):
        _ = data.splits.train


@pytest.mark.parametrize("name", ["a.jpg", "./a.jpg"])
def test_a_picture_with_two_ids_is_refused(name, tmp_path):
    images = [{"id": 4, "file_name": "a.jpg"}, {"id": 7, "file_name": name}]
    texts = [{"id": n, "image_id": n, "caption": "A dog."} for n in (4, 7)]
    file = tmp_path / "captions.json"
    file.write_text(json.dumps({"images": images, "annotations": texts}))
    with pytest.raises(CaptionerError, match=r"once, found photos/a.jpg under the ids 4 and 7"):
        _ = CocoDataModule(str(file), images="photos").splits.train


def test_the_table_is_looked_for_in_the_folder(folder, tmp_path):
    with pytest.raises(CaptionerError, match=r"expected one of captions.csv, .*, found no caption"):
        _ = FolderDataModule(str(tmp_path)).splits.train
    with pytest.raises(
        CaptionerError, match=r"none: expected one of captions.csv, .* no such folder"
    ):
        _ = FolderDataModule(str(tmp_path / "none")).splits.train
    folder("file,caption\na.jpg,A.\n", val_share=0, test_share=0)
    data = folder('{"file": "b.jpg", "caption": "B."}', "captions.jsonl")
    with pytest.raises(CaptionerError, match=r"found \S+captions.csv and \S+captions.jsonl"):
        _ = data.splits.train


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,caption\n", "expected at least one row with a caption, found none"),
        (
            "a.jpg,A dog.\n",
            "a first line with the columns .*, found 'a.jpg,A dog",
        ),
        ("file,caption\na.jpg,A dog, brown.\n", "line 2: expected 2 columns, found 3"),
        ("file,caption\na.jpg\n", "line 2: expected 2 columns, found 1"),
        ("path,text\na.jpg,A.\n", "a first line with the columns .*, found 'path,text'"),
        ("file,caption,caption\na.jpg,A.,B.\n", "every column once, found 'file,caption,caption'"),
        ("file,caption\n,A.\n", "line 2: expected the name of a picture, found ''"),
        ('file,caption\na.jpg,"A dog\n', "line 2: expected CSV, found unexpected end of data"),
        (
            'file,caption\na.jpg,A.\nb.jpg,"A\n' + "c.jpg,A.\n" * 20_000,
            r"line 3: expected at most 131,072 characters .*, found more up to line 1\d{4} \(",
        ),
        ("file,split,caption\na.jpg,train,A.\na.jpg,val,B.\n", "in the same split and group as at"),
        ("file,split,caption\na.jpg,train,A.\nb.jpg,,B.\n", "train, val or test .*b.jpg, found ''"),
    ],
)
def test_a_table_is_checked(folder, text, message):
    with pytest.raises(CaptionerError, match=message):
        _ = folder(text, val_share=0, test_share=0).splits.train


@pytest.mark.parametrize(
    ("separator", "message"),
    [
        ("\t", r"line 2: expected TSV, found text behind a closing double quote \(.*: (\".*\")\)"),
        (",", r"line 2: expected CSV, found text behind a closing double quote \(.*: (\".*\")\)"),
    ],
)
def test_a_caption_that_begins_with_a_double_quote_is_explained(folder, separator, message):
    text = f"file{separator}caption\na.jpg{separator}"
    with pytest.raises(CaptionerError) as refused:
        _ = folder(text + '"Hello" says a cat.', val_share=0, test_share=0).splits.train
    found = re.search(message, str(refused.value))
    assert found, refused.value
    (example,) = folder(text + found[1], val_share=0, test_share=0).splits.train  # as it says
    assert example.captions == ('"Hello" says a cat.',)


def test_too_few_pictures_to_divide_are_named(folder):
    two = "file,caption\na.jpg,A.\nb.jpg,B.\n"
    with pytest.raises(CaptionerError, match=r"for all parts, found 2, with none left to train"):
        _ = folder(two).splits.train
    with pytest.raises(CaptionerError, match=r"for all parts, found 3, with none left to train"):
        _ = folder(f"{two}c.jpg,C.\n", val_share=0.5, test_share=0.4).splits.train
    parts = folder(two, test_share=0).splits
    assert (len(parts.train), len(parts.val), len(parts.test)) == (1, 1, 0)


def test_names_written_on_windows(folder, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "dog.jpg").touch()
    (tmp_path / "odd\\name.jpg").touch()  # no folder elsewhere than on Windows
    rows = ["more\\dog.jpg,A.", "more/dog.jpg,B.", "odd\\name.jpg,C.", "more\\none.jpg,D."]
    data = folder("file,caption\n" + "\n".join(rows), val_share=0, test_share=0)
    assert [(each.path, each.captions) for each in data.splits.train] == [
        (f"{tmp_path}/more/dog.jpg", ("A.", "B.")),
        (f"{tmp_path}/odd\\name.jpg", ("C.",)),
        (f"{tmp_path}/more/none.jpg", ("D.",)),
    ]


@pytest.mark.parametrize(("written", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_with_accents_written_otherwise(folder, tmp_path, written, on_disk):
    here, there = (f"{unicodedata.normalize(form, 'été/café')}.jpg" for form in (on_disk, written))
    (tmp_path / here).parent.mkdir()
    (tmp_path / here).touch()
    rows = f"file,caption\n{there},A.\n{here},B.\nnö.jpg,C.\n"
    assert [
        (each.path, each.captions) for each in folder(rows, val_share=0, test_share=0).splits.train
    ] == [(f"{tmp_path}/{here}", ("A.", "B.")), (f"{tmp_path}/nö.jpg", ("C.",))]


def test_a_home_folder_is_found(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pictures").mkdir()
    folder("file,caption\na.jpg,A.\n", "pictures/captions.csv")
    for table in (None, "~/pictures/captions.csv"):
        shares = {"val_share": 0, "test_share": 0}
        (example,) = FolderDataModule("~/pictures", table, **shares).splits.train
        assert example.path == f"{tmp_path}/pictures/a.jpg"


@pytest.mark.parametrize("row", ["3", '{"file": 3, "caption": "A."}', '{"file": "a.jpg"', "{}"])
def test_json_lines_are_checked(folder, row):
    with pytest.raises(CaptionerError, match=r"captions.jsonl: line 1: expected .*, found"):
        _ = folder(row, "captions.jsonl").splits.train


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.5, 0.5)])
def test_shares_must_leave_something_to_train_on(shares):
    with pytest.raises(CaptionerError, match=r"data.val_share and data.test_share: expected"):
        FolderDataModule(val_share=shares[0], test_share=shares[1])


def test_nocaps_reports_by_domain(tmp_path):
    domains = ("in-domain", "near-domain", "out-domain")
    images = [{"id": n, "file_name": f"{n}.jpg", "domain": each} for n, each in enumerate(domains)]
    texts = [{"id": n, "image_id": n // 2, "caption": f"Caption {n}."} for n in range(6)]
    file = tmp_path / "nocaps.json"
    file.write_text(json.dumps({"images": images, "annotations": texts}))
    data = CocoDataModule(test_annotations=str(file), images="photos", group_by="domain")
    assert [each.group for each in data.splits.test] == list(domains)
