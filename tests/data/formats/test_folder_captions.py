"""Where a folder keeps its captions: in a table, in one for each part, or beside each picture."""

from typing import Any

import pytest

from captioner.data import FolderDataModule
from captioner.errors import CaptionerError


@pytest.fixture
def photos(tmp_path):
    """Return a function that fills a folder: what is in a file, by its name."""

    def fill(**files):
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return str(tmp_path)

    return fill


def _parts(data):
    return {
        part: {each.path.rpartition("/")[2]: each.captions for each in getattr(data.splits, part)}
        for part in ("train", "val", "test")
    }


def test_an_imagefolder_with_a_table_for_each_part(photos):
    folder = photos(
        train__metadata_dot_csv="file_name,text\na.jpg,A.\nmore/b.jpg,B.\n",
        validation__metadata_dot_jsonl='{"file_name": "a.jpg", "text": "C."}\n',
        test__metadata_dot_csv="file_name,text\nd.jpg,D.\n",
    )
    data = FolderDataModule(folder)
    assert _parts(data) == {
        "train": {"a.jpg": ("A.",), "b.jpg": ("B.",)},
        "val": {"a.jpg": ("C.",)},
        "test": {"d.jpg": ("D.",)},
    }
    assert [each.path for each in data.splits.val] == [f"{folder}/validation/a.jpg"]
    everyone = [*data.splits.train, *data.splits.val, *data.splits.test]
    assert sorted(each.image_id for each in everyone) == [1, 2, 3, 4]
    assert data.describe()["train annotations"] == folder


def test_a_table_for_some_parts_only_is_refused(photos, tmp_path):
    folder = photos(Train__metadata_dot_csv="file_name,text\na.jpg,A.\n")
    (tmp_path / "test").mkdir()
    with pytest.raises(CaptionerError, match=r"test: expected one of .* in this folder too, found"):
        _ = FolderDataModule(folder).splits.train


def test_one_table_whose_pictures_lie_in_a_folder_for_each_part(photos):
    folder = photos(
        metadata_dot_csv="file_name,text\ntrain/a.jpg,A.\nvalid/more/b.jpg,B.\nTest/c.jpg,C.\n"
    )
    names = {part: list(pictures) for part, pictures in _parts(FolderDataModule(folder)).items()}
    assert names == {"train": ["a.jpg"], "val": ["b.jpg"], "test": ["c.jpg"]}
    photos(metadata_dot_csv="file_name,text\ntrain/a.jpg,A.\nvalid/b.jpg,B.\nc.jpg,C.\n")
    parts = _parts(FolderDataModule(folder, val_share=0, test_share=0))
    assert len(parts["train"]) == 3  # not every picture is in such a folder: no division


@pytest.mark.parametrize("ending", ["txt", "caption"])
def test_a_text_file_beside_each_picture(photos, ending, tmp_path):
    folder = photos(
        **{"a_dot_jpg": "", f"a_dot_{ending}": "A dog.\n\nIt runs.\r\n"},
        **{"b_dot_PNG": "", f"b_dot_{ending}": "\ufeffA cat."},
        **{"more__c_dot_jpeg": "", f"more__c_dot_{ending}": "A cow."},
        README_dot_md="",
        classes_dot_txt="of no picture",
    )
    (tmp_path / "._a.jpg").touch()  # as a Mac leaves them behind
    data = FolderDataModule(folder, val_share=0, test_share=0)
    assert _parts(data)["train"] == {
        "a.jpg": ("A dog.", "It runs."),
        "b.PNG": ("A cat.",),
        "c.jpeg": ("A cow.",),
    }
    assert data.source.location("train") == folder


def test_texts_beside_pictures_are_checked(photos):
    folder = photos(a_dot_jpg="", a_dot_txt="A dog.", b_dot_jpg="")
    with pytest.raises(CaptionerError, match=r"\*\.txt beside every picture, found 1 .* b\.jpg"):
        _ = FolderDataModule(folder).splits.train
    photos(b_dot_txt="\n")
    with pytest.raises(CaptionerError, match=r"b\.txt: expected words, found an empty caption"):
        _ = FolderDataModule(folder).splits.train
    photos(b_dot_txt="0 0.5 0.5 0.25 0.25\n")
    with pytest.raises(CaptionerError, match=r"b\.txt: expected captions, .* boxes of objects"):
        _ = FolderDataModule(folder).splits.train


def _refused(folder):
    """Return what is found more than once, as the sentence names it."""
    with pytest.raises(CaptionerError) as error:
        _ = FolderDataModule(folder).splits.train
    return str(error.value).rpartition(", found ")[2].partition(", of which")[0].split(" and ")


def _first(folder, captions=None):
    """Return the last word of the first caption, which says where it is from."""
    data = FolderDataModule(folder, captions, val_share=0, test_share=0)
    return next(iter(_parts(data)["train"].values()))[0].split()[-1]


EVERYTHING = {
    "captions_dot_csv": "file,caption\na.jpg,Of the table.\n",
    "captions_dot_jsonl": '{"file": "a.jpg", "caption": "Of the lines."}\n',
    "metadata_dot_csv": "file_name,text\na.jpg,Of the other.\n",
    "metadata_dot_tsv": "file_name\ttext\na.jpg\tOf tabs.\n",
    "train__metadata_dot_csv": "file_name,text\nb.jpg,Of the part.\n",
    "a_dot_jpg": "",
    "a_dot_txt": "Of the text.",
    "a_dot_caption": "Of the caption.",
}


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ((), {"captions.csv": "table.", "captions.jsonl": "lines.", "train/metadata.csv": "part."}),
        (
            "captions",
            {"metadata.csv": "other.", "metadata.tsv": "tabs.", "train/metadata.csv": "part."},
        ),
        (("captions", "metadata", "train"), {"*.txt": "text.", "*.caption": "caption."}),
    ],
)
def test_two_of_one_kind_are_named_and_one_can_be_chosen(photos, left_out, words):
    files = {name: EVERYTHING[name] for name in EVERYTHING if not name.startswith(left_out or "-")}
    folder = photos(**files)
    found = _refused(folder)
    assert [name.removeprefix(f"{folder}/") for name in found] == list(words)
    for name, word in zip(found, words.values(), strict=True):  # as the sentence says
        assert _first(folder, name).endswith(word)


@pytest.mark.parametrize("inside", ["", "train__"])
@pytest.mark.parametrize("table", ["captions", "metadata"])
def test_text_beside_pictures_counts_only_where_there_is_no_table(photos, inside, table):
    folder = photos(
        **{f"{inside}{table}_dot_csv": "file,caption\na.jpg,Of the table.\n"},
        **{f"{inside}a_dot_jpg": "", f"{inside}a_dot_txt": "0 0.5 0.5 0.25 0.25\n"},
        **{f"{inside}a_dot_caption": "A note."},
    )
    assert _first(folder) == "table."


@pytest.mark.parametrize("inside", ["", "train__"])
def test_a_table_of_captions_goes_before_one_of_metadata(photos, inside):
    folder = photos(
        **{f"{inside}captions_dot_csv": "file,caption\na.jpg,Of the table.\n"},
        **{f"{inside}metadata_dot_csv": "file_name,camera\na.jpg,Hasselblad\n"},
    )
    assert _first(folder) == "table."


@pytest.mark.parametrize(
    "left", ["@eaDir__a_dot_jpg__THUMB_dot_jpg", "$RECYCLE_dot_BIN__b_dot_jpg"]
)
def test_what_systems_leave_is_no_picture_without_text(photos, left):
    folder = photos(a_dot_jpg="", a_dot_txt="Of the text.", **{left: ""})
    assert _first(folder) == "text."


def test_a_table_is_found_whatever_the_capitals_of_its_name(photos):
    folder = photos(Captions_dot_CSV="file,caption\na.jpg,A.\n")
    assert len(FolderDataModule(folder, val_share=0, test_share=0).splits.train) == 1


def test_the_advice_on_links_works(photos, tmp_path):
    folder = photos(links__captions_dot_csv="file,caption\na.jpg,A.\n", store__a_dot_jpg="")
    (tmp_path / "links" / "a.jpg").symlink_to("../store/a.jpg")
    shares: dict[str, Any] = {"val_share": 0, "test_share": 0}
    with pytest.raises(CaptionerError, match=f"add '{folder}/store' to .* data.images"):
        _ = FolderDataModule(f"{folder}/links", **shares).splits.train
    for images in (f"{folder}/store", [f"{folder}/store"]):
        (example,) = FolderDataModule(f"{folder}/links", images=images, **shares).splits.train
        assert example.path == f"{folder}/links/a.jpg"
    (tmp_path / "links" / "a.jpg").unlink()  # a picture may simply lie there, too
    data = FolderDataModule(f"{folder}/links", images=f"{folder}/store", val_share=0, test_share=0)
    assert [each.path for each in data.splits.train] == [f"{folder}/store/a.jpg"]
