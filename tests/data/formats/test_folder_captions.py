"""Where a folder keeps its captions: in a table, in one for each part, or beside each picture."""

import pytest

from captioner.data import FolderDataModule
from captioner.errors import CaptionerError


@pytest.fixture
def photos(tmp_path):
    """Return a function that fills a folder: what is in a file, by its name."""

    def fill(**files):
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(exist_ok=True)
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
    assert data.source.place("train") == folder


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


def test_two_kinds_in_one_folder_are_named_and_one_can_be_chosen(photos):
    folder = photos(
        captions_dot_csv="file,caption\na.jpg,Of the table.\n",
        metadata_dot_csv="file_name,text\na.jpg,Of the other.\n",
        train__metadata_dot_csv="file_name,text\nb.jpg,Of the part.\n",
        a_dot_jpg="",
        a_dot_txt="Of the text.",
        a_dot_caption="Of the caption.",
        train__b_dot_jpg="",
        train__b_dot_txt="Another.",
        train__b_dot_caption="Another.",
    )
    with pytest.raises(CaptionerError) as error:
        _ = FolderDataModule(folder).splits.train
    found = str(error.value).rpartition(", found ")[2].partition(", of which")[0].split(" and ")
    assert [name.removeprefix(f"{folder}/") for name in found] == [
        *("captions.csv", "metadata.csv", "train/metadata.csv", "*.txt", "*.caption")
    ]
    firsts = []
    for name in found:  # as the sentence says
        parts = _parts(FolderDataModule(folder, name, val_share=0, test_share=0))["train"]
        firsts.append(next(iter(parts.values()))[0].split()[-1])
    assert firsts == ["table.", "other.", "part.", "text.", "caption."]


def test_a_table_is_found_whatever_the_capitals_of_its_name(photos):
    folder = photos(Captions_dot_CSV="file,caption\na.jpg,A.\n")
    assert len(FolderDataModule(folder, val_share=0, test_share=0).splits.train) == 1


def test_the_advice_on_links_works(photos, tmp_path):
    folder = photos(links__captions_dot_csv="file,caption\na.jpg,A.\n", store__a_dot_jpg="")
    (tmp_path / "links" / "a.jpg").symlink_to("../store/a.jpg")
    shares = {"val_share": 0, "test_share": 0}
    with pytest.raises(CaptionerError, match=f"add '{folder}/store' to .* data.images"):
        _ = FolderDataModule(f"{folder}/links", **shares).splits.train
    for images in (f"{folder}/store", [f"{folder}/store"]):
        (example,) = FolderDataModule(f"{folder}/links", images=images, **shares).splits.train
        assert example.path == f"{folder}/links/a.jpg"
    (tmp_path / "links" / "a.jpg").unlink()  # a picture may simply lie there, too
    data = FolderDataModule(f"{folder}/links", images=f"{folder}/store", val_share=0, test_share=0)
    assert [each.path for each in data.splits.train] == [f"{folder}/store/a.jpg"]
