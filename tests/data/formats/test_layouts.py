"""Layouts that tools and hubs lay captions out in, each recognized by its names."""

import json

import pytest

from captioner.data import CocoDataModule, FlickrDataModule, FolderDataModule, KarpathyDataModule
from captioner.data.formats.caption_table import read_caption_table
from captioner.data.formats.coco import read_coco
from captioner.data.formats.flickr import read_flickr_tokens
from captioner.data.formats.karpathy import read_karpathy
from captioner.errors import CaptionerError

DOG, CAT = ("A dog.", "It runs, fast."), ("A cat.", "It sleeps.")
EXPECTED = {"dog.jpg": DOG, "cat.jpg": CAT}


def _read(file, images="photos"):
    rows = read_caption_table(file, images)
    return {example.path.removeprefix("photos/"): example.captions for example, _ in rows}


def _rows(*names):
    file, *captions = names
    return [
        dict(zip((file, *captions), (name, *texts), strict=True))
        for name, texts in EXPECTED.items()
    ]


JSON = {
    "blip": [
        {"image": name, "caption": text, "image_id": f"coco_{name}"}
        for name, texts in EXPECTED.items()
        for text in texts
    ],
    "lists": [{"file_path": name, "captions": texts, "id": 1} for name, texts in EXPECTED.items()],
    "wrapped": {"annotations": [{"image": n, "caption": texts} for n, texts in EXPECTED.items()]},
    "by name": EXPECTED,
    "text": [{"file_name": name, "text": texts} for name, texts in EXPECTED.items()],
    "raw": [{"image": n, "captions": [{"raw": t} for t in ts]} for n, ts in EXPECTED.items()],
    "numbered": _rows("image_path", "caption_0", "caption_1"),
}


@pytest.mark.parametrize("layout", JSON)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "captions.txt"])
def test_json_of_rows_in_every_common_layout(layout, name, tmp_path):
    (tmp_path / name).write_text(json.dumps(JSON[layout], indent=1 if name == "a.json" else None))
    assert _read(tmp_path / name) == EXPECTED


@pytest.mark.parametrize("layout", ["blip", "lists", "by name", "wrapped"])
@pytest.mark.parametrize(
    "reader", [CocoDataModule, KarpathyDataModule, lambda file: FlickrDataModule(file, file)]
)
def test_the_reader_that_is_named_reads_them(layout, reader, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(JSON[layout]))
    with pytest.raises(CaptionerError, match="a table of captions; use data: FolderDataModule"):
        _ = reader(str(file)).splits.train
    assert len(FolderDataModule("photos", str(file), 0, 0).splits.train) == 2


CSV = {
    "caption_0": "file,caption_0,caption_1,caption_2\n{},\n",
    "caption1": "image,caption1,caption2\n{}\n",
    "pandas": ",file_name,caption,caption.1\n0,{}\n",
    "text": "file_name,text,text_2\n{}\n",
    "both": "text,image,caption,captions 2\nOCR,{}\n",
    "sep": "sep=;\nimage;caption;caption 2\n{}\n",
    "remarks": "\n# made by hand\n\nimage,caption,caption2\n{}\n",
    "remark of names": "# image,caption,caption2\n{}\n",
    "bars": "image|caption|caption2\n{}\n",
    "capitals": "File_Name,CAPTION_0,Caption_1\n{}\n",
}


@pytest.mark.parametrize("layout", CSV)
def test_columns_and_separators_that_programs_write(layout, tmp_path):
    separator = {"sep": ";", "bars": "|"}.get(layout, ",")
    texts = [*("dog.jpg", "A dog."), '"It runs, fast."']
    (tmp_path / "a.csv").write_text(CSV[layout].format(separator.join(texts)))
    assert _read(tmp_path / "a.csv") == {"dog.jpg": DOG}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,caption\na.jpg,nan\n", "line 2: expected words, found 'nan', which programs write"),
        ("file,caption\na.jpg,<NA>\n", "line 2: expected words, found '<NA>', which programs"),
        ("file,caption_0,caption_1\na.jpg,,\n", "line 2: expected words, found an empty caption"),
        ("# x\nsep=;\nfile;caption\na.jpg;A\nb.jpg;\n", "line 5: expected words, found an empty"),
        ("a.jpg,A dog.\n", r"found 'a.jpg,A dog.' \(it names them: file,caption\)"),
        ('file,caption\na.jpg,"A\n', "unexpected end of data .* quote opens in this row"),
        ("file,caption\nhttps://x.org/a.jpg,A.\n", "line 2: .*a web address, from which"),
        ("file,caption\nD:\\a.jpg,A.\n", r"line 2: .* \(names are relative to that folder\)"),
        ('{"image": "a.jpg"}', "line 1: expected a column 'caption', found only 'image'"),
        ('{"image": "a.jpg", "caption": null}', "line 1: expected a caption, found None"),
        ('{"image": 3, "caption": "A."}', "line 1: expected the name of a picture, found 3"),
        ('{"id": 1, "conversations": []}', "line 1: .* found conversations about pictures"),
        ('[{"image": "a.jpg", "caption": "A."}, 3]', r"\[1\]: expected a JSON object, found 3"),
        ("<!DOCTYPE html><p>caption, text</p>", "found a web page"),
        ("version https://git-lfs.github.com/spec/v1\n", "found a pointer of Git LFS"),
    ],
)
def test_what_is_unclear_is_one_clear_sentence(text, message, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(CaptionerError, match=message) as error:
        _read(tmp_path / "a.csv")
    assert "\n" not in str(error.value)


def test_a_whole_path_into_the_folder_is_read_and_no_other(tmp_path):
    (tmp_path / "a.csv").write_text(f"file,caption\n{tmp_path}/more/a.jpg,A.\n")
    ((example, _),) = read_caption_table(tmp_path / "a.csv", str(tmp_path))
    assert example.path == f"{tmp_path}/more/a.jpg"
    for path in (f"{tmp_path}/../x.jpg", f"{tmp_path}x/a.jpg", f"{tmp_path}//etc/../../x.jpg"):
        (tmp_path / "a.csv").write_text(f"file,caption\n{path},A.\n")
        with pytest.raises(CaptionerError, match="inside the folder of the pictures"):
            read_caption_table(tmp_path / "a.csv", str(tmp_path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_token_files_with_names_of_columns_or_spaces(end, tmp_path):
    for text in (
        "image_id\tcaptions\na.jpg#0\tA dog .\n",
        "\nimage caption\na.jpg#0\tA dog .\n",
        "a.jpg#0 A dog .\n",
    ):
        (tmp_path / "a.txt").write_bytes(text.replace("\n", end).encode())
        (example,) = read_flickr_tokens(tmp_path / "a.txt", "")
        assert (example.path, example.captions) == ("a.jpg", ("A dog .",))
        with pytest.raises(CaptionerError, match="a Flickr token file; use data: FlickrDataModule"):
            read_caption_table(tmp_path / "a.txt", "")  # which does not send it back
    (tmp_path / "a.txt").write_text("a.jpg A dog .\nb.jpg#0\tA cat .\n")  # damaged, no header
    with pytest.raises(CaptionerError, match=r"line 1: expected 'name.jpg#0'"):
        read_flickr_tokens(tmp_path / "a.txt", "")


@pytest.mark.parametrize("ids", [str, float, lambda number: f"{number:012}"])
def test_coco_ids_as_text_or_with_a_point_and_annotations_without(ids, tmp_path):
    images = [{"id": ids(n), "file_name": f"{n}.jpg"} for n in (4, 7)]
    texts = [{"image_id": n, "caption": f"Of {n}."} for n in (7, 4)]
    (tmp_path / "a.json").write_text(json.dumps({"images": images, "annotations": texts}))
    examples = read_coco(tmp_path / "a.json", "")
    assert [(each.image_id, each.captions) for each in examples] == [
        (4, ("Of 4.",)),
        (7, ("Of 7.",)),
    ]


def test_karpathy_files_with_tokens_only_ids_as_text_and_capitals(tmp_path):
    sentences = [{"tokens": ["a", "dog"]}, {"raw": "It runs.", "tokens": ["it"]}]
    image = {"filename": "a.jpg", "imgid": "3", "split": "Train", "sentences": sentences}
    (tmp_path / "a.json").write_text(json.dumps({"images": [image]}))
    (example,) = read_karpathy(tmp_path / "a.json", "")["train"]
    assert (example.image_id, example.captions) == (3, ("a dog", "It runs."))
