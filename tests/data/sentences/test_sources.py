"""Sentences come out of every kind of file, and what is no such file is named."""

import gzip
import json
from pathlib import Path

import pytest

from captioner.data.sentences.sources import TextExample, read_text_source
from captioner.errors import CaptionerError

COCO = {
    "images": [{"id": 2, "file_name": "b/dog.jpg"}, {"id": 1, "file_name": "cat.jpg"}],
    "annotations": [
        {"id": 1, "image_id": 1, "caption": "A cat."},
        {"id": 2, "image_id": 2, "caption": "A dog."},
        {"id": 3, "image_id": 1, "caption": "It sleeps."},
    ],
}
ROWS = [
    {"image": "dog.jpg", "captions": ["A dog.", "It\u2028runs."]},
    {"image": "", "captions": ["B"]},
]
CONTENTS = {
    "captions.json": json.dumps(COCO),
    "list.JSON": json.dumps([{"image": "dog.jpg", "caption": "A dog.", "image_id": "coco_1"}]),
    "captions.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\n\n",
    "text.v2.txt": "A dog runs.\r\n\n  Zwei Köter! \n",
}
EXPECTED = {
    "captions.json": [
        TextExample("b/dog.jpg", ("A dog.",)),
        TextExample("cat.jpg", ("A cat.", "It sleeps.")),
    ],
    "list.JSON": [TextExample("dog.jpg", ("A dog.",))],
    "captions.jsonl": [
        TextExample("dog.jpg", ("A dog.", "It\u2028runs.")),
        TextExample("", ("B",)),
    ],
    "text.v2.txt": [TextExample("", ("A dog runs.",)), TextExample("", ("Zwei Köter!",))],
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("packed", [True, False])
def test_reads(name, packed, tmp_path):
    content = CONTENTS[name].encode()
    file = tmp_path / (f"{name}.gz" if packed else name)
    file.write_bytes(gzip.compress(content) if packed else content)
    assert read_text_source(file) == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"A dog.", "expected a name that ends in .json, .jsonl, .txt (or that and .gz)"),
        ("a", b"A dog.", "found none of them"),
        ("a.txt", b"\xff\xfeA", "expected a text file, found UTF-16 that is damaged or cut off"),
        ("a.txt", b"\xe9A", "expected a text file, found bytes that are not UTF-8 in line 1"),
        ("a.txt", b" \n\n", "expected at least one sentence, found none"),
        (
            "a.txt.gz",
            gzip.compress(b"A dog runs." * 9, mtime=0)[:-9],
            "expected a text file, found damaged",
        ),
        ("a.txt.gz", b"\x1f\x8bno", "expected a text file, found damaged gzip"),
        ("a.json.gz", b"\x1f\x8b", "expected a caption file, found damaged gzip"),
        ("a.json", b"{}", "expected COCO captions with a list 'images'"),
        ("a.jsonl", b"", "expected at least one line of JSON, found none"),
        ("a.jsonl", b'{"image": "a", "captions": ["A"]}\n{"im', "a.jsonl: line 2: expected JSON"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl: line 1: expected JSON, found values nested too deep"),
        (
            "a.jsonl",
            b'\n{"image": "a", "captions": ["A"], "id": 1%s}' % (b"0" * 5000),
            "a.jsonl: line 2: expected JSON, found a number of too many digits",
        ),
        ("a.jsonl", b"file,caption\na.jpg,A.", "expected JSON, found a table of captions"),
        ("a.jsonl", b"[1]", "a.jsonl: line 1: expected an 'image' name and a list of 'captions'"),
        ("a.jsonl", b'{"image": 3, "captions": ["A"]}', "expected an 'image' name"),
        ("a.jsonl", b'{"image": "a", "captions": []}', "expected an 'image' name"),
        ("a.jsonl", b'{"image": "a", "captions": [7]}', "expected an 'image' name"),
        ("a.jsonl", b'{"image": "a"}', "expected an 'image' name"),
    ],
)
def test_one_sentence_says_what_is_wrong(name, content, sentence, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CaptionerError) as error:
        read_text_source(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_is_read_once(name, tmp_path, monkeypatch):
    def read(path, *arguments):
        opened.append(path.name)
        return path_open(path, *arguments)

    opened, path_open = [], Path.open
    (tmp_path / name).write_bytes(CONTENTS[name].encode())
    monkeypatch.setattr(Path, "open", read)
    read_text_source(tmp_path / name)
    assert opened == [name]


@pytest.mark.parametrize("name", ["none.txt", "none.jsonl.gz", "none.json"])
def test_a_missing_file(name, tmp_path):
    with pytest.raises(CaptionerError, match="none.*: expected a .* file, found no such file"):
        read_text_source(tmp_path / name)
