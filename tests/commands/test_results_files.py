"""Results files as people have them: every common layout and encoding gives the same captions."""

from __future__ import annotations

import gzip
import json

import pytest

from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_results
from captioner.errors import CaptionerError

CAPTIONS = {1: "Two cats.", 2: "A red bus.", 3: "A dog runs."}
EXAMPLES = [
    Example(3, "photos/dog.jpg", ("A dog.",)),
    Example(1, "photos/cat.jpg", ("A cat.",)),
    Example(2, "photos/bus.jpg", ("A bus.",)),
]


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def results(captions=CAPTIONS):
    return [{"image_id": image, "caption": caption} for image, caption in captions.items()]


NAMES_OF = {1: "cat.jpg", 2: "bus.jpg", 3: "dog.jpg"}
WINDOWS = {image: f"D:\\photos\\{file}" for image, file in NAMES_OF.items()}


def _lines(records, **options):
    return "\n".join(json.dumps(record, **options) for record in records)


LAYOUTS = {
    "annotations": {"annotations": results()},
    "results": {"info": {"by": "me"}, "results": results()},
    "captions": {"captions": results()},
    "text beside": {"split": "test", "captions": results(), "text": "of last night"},
    "images beside": {"images": [{"id": 1}], "annotations": results()},
    "by id": {str(image): caption for image, caption in CAPTIONS.items()},
    "lists by id": {str(image): [caption] for image, caption in CAPTIONS.items()},
    "records by id": {str(image): [{"caption": each}] for image, each in CAPTIONS.items()},
    "by name": {NAMES_OF[image]: caption for image, caption in CAPTIONS.items()},
    "ids as text": [{"image_id": f"{image:012}", "caption": t} for image, t in CAPTIONS.items()],
    "ids with a point": [{"image_id": float(n), "caption": t} for n, t in CAPTIONS.items()],
    "names as ids": [{"image_id": NAMES_OF[n], "caption": text} for n, text in CAPTIONS.items()],
    "names of windows": [{"file": WINDOWS[n], "caption": text} for n, text in CAPTIONS.items()],
    "file_name": [{"file_name": NAMES_OF[n], "caption": text} for n, text in CAPTIONS.items()],
    "indented": json.dumps(results(), indent=2),
    "indented lines": _lines(results(), indent=2),
    "a row a line": "[\n" + _lines(results()).replace("\n", ",\n") + "\n]\n",
    "lines of lists": _lines([[record] for record in results()]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_common_layouts_of_results_are_read(tmp_path, layout):
    file = write(tmp_path / "results.json", LAYOUTS[layout])
    assert read_results(file, EXAMPLES) == CAPTIONS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_results_are_read_in_any_stated_encoding(tmp_path, encoding, packed, end):
    captions = {**CAPTIONS, 1: "Zwei Kätzchen.\u2028 🐕"}
    text = _lines(results(captions), ensure_ascii=False).replace("\n", end).encode(encoding)
    (tmp_path / "results").write_bytes(gzip.compress(text) if packed else text)
    assert read_results(str(tmp_path / "results"), EXAMPLES) == captions


def test_names_that_are_not_utf8_survive_as_json_writes_them(tmp_path):
    name = b"caf\xe9.jpg".decode(errors="surrogateescape")
    file = write(tmp_path / "r.jsonl", {"file": name, "caption": "A café."})
    assert "\\udce9" in (tmp_path / "r.jsonl").read_text()
    assert read_results(file, [Example(5, f"photos/{name}", ("a",))]) == {5: "A café."}


def test_results_of_an_old_code_page_are_refused(tmp_path):
    text = _lines(results({1: "Two cats.", 2: "Un café."}), ensure_ascii=False)
    (tmp_path / "r.jsonl").write_bytes(text.encode("cp1252"))
    with pytest.raises(CaptionerError, match=r"not UTF-8 in line 2, .* 0xE9, .* 'é'; iconv"):
        read_results(str(tmp_path / "r.jsonl"), EXAMPLES)
