"""Whatever a file holds: what was written comes back, and nothing but our own error is raised."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.data.formats.caption_table import read_caption_table
from captioner.data.formats.coco import read_coco
from captioner.data.formats.flickr import read_flickr_tokens
from captioner.data.formats.karpathy import read_karpathy
from captioner.errors import CaptionerError


def _read(file):
    return {each.path: each.captions for each, _ in read_caption_table(file, "photos")}


NAMES = st.text("ab é,;|\"'#", min_size=1, max_size=6).map(lambda name: f"p{name}x.jpg")
TEXTS = st.lists(st.text(min_size=1, max_size=12).map(lambda text: f"A {text}."), min_size=1)
TABLES = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4)


@given(TABLES)
def test_any_json_table_comes_back(tmp_path_factory, table):
    folder = tmp_path_factory.getbasetemp()
    rows = [{"image": name, "captions": texts} for name, texts in table.items()]
    written = {
        "list.json": json.dumps(rows),
        "lines.jsonl": "\n".join(json.dumps(row, ensure_ascii=True) for row in rows),
        "names.json": json.dumps(table),
    }
    read = []
    for name, text in written.items():
        (folder / name).write_text(text)
        read.append(_read(folder / name))
    assert read[0] == read[1] == read[2]
    assert sum(map(len, read[0].values())) == sum(map(len, table.values()))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [
        *("id", "image_id", "image", "file_name", "filename", "caption", "captions", "text"),
        *("split", "group", "sentences", "raw", "tokens", "imgid", "filepath", "images"),
        "annotations",
    ]
)
LIKELY = VALUES | st.sampled_from([1, "1", "a.jpg", "train", "A dog."])
RECORDS = st.dictionaries(KEYS, LIKELY, max_size=6) | VALUES
CONTENTS = st.one_of(
    RECORDS,
    st.lists(RECORDS, max_size=3),
    st.fixed_dictionaries({"images": st.lists(RECORDS), "annotations": st.lists(RECORDS)}),
)
READERS = (read_caption_table, read_coco, read_karpathy, read_flickr_tokens)


@settings(max_examples=100)
@given(CONTENTS.map(json.dumps) | st.text() | st.lists(CONTENTS.map(json.dumps)).map("\n".join))
def test_whatever_a_file_holds_nothing_but_our_error_is_raised(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "random.json"
    file.write_text(text, errors="surrogatepass")
    for reader in READERS:
        with contextlib.suppress(CaptionerError):
            reader(file, "photos")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("depth", [100, 900, 5_000, 100_000])
@pytest.mark.parametrize("key", ["caption", "image", "split", "id", "annotations", "x"])
def test_depth_is_no_matter(reader, depth, key, tmp_path):
    deep = "[" * depth + "]" * depth
    row = {"image": "a.jpg", "file_name": "a.jpg", "id": 1, "caption": "A.", "split": "", key: 0}
    text = json.dumps({"images": [row], "annotations": [row]}).replace(": 0", f": {deep}")
    for each in (text, json.dumps(row).replace(": 0", f": {deep}"), deep):
        (tmp_path / "a.json").write_text(each)
        with contextlib.suppress(CaptionerError):
            reader(tmp_path / "a.json", "photos")
