"""A folder of pictures with a table of captions: what people write, and what they get wrong."""

import re
import unicodedata
from typing import Any

import pytest

from captioner.data import FolderDataModule
from captioner.errors import CaptionerError


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


def test_the_table_is_looked_for_in_the_folder(folder, tmp_path):
    with pytest.raises(CaptionerError, match=r"expected one of captions.csv, .*, found no caption"):
        _ = FolderDataModule(str(tmp_path)).splits.train
    with pytest.raises(
        CaptionerError, match="none: expected a folder of pictures, found nothing there"
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
        shares: dict[str, Any] = {"val_share": 0, "test_share": 0}
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
