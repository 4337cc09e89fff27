"""Captions that people wrote beside pictures outlive ``predict``."""

import json
import os

import pytest

from captioner.__main__ import main
from captioner.commands.work.written_captions import keep_written_captions
from captioner.errors import CaptionerError

OWN = json.dumps({"file": "a.png", "caption": "a dog", "word_log_probabilities": [-1.0]}) + "\n"


@pytest.fixture
def photos(tmp_path):
    """Return a folder of pictures, which need not be any for this."""
    (tmp_path / "photos" / "train").mkdir(parents=True)
    for name in ("a.png", "train/b.png"):
        (tmp_path / "photos" / name).touch()
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("captions.csv", ""),
        ("captions.csv", "a.png"),
        ("mine.csv", ""),  # which data.captions may name
        ("train/metadata.jsonl", ""),
        ("Captions.TSV", "train"),
        ("a.txt", "a.png"),
    ],
)
def test_what_somebody_wrote_is_kept(name, pictures, photos, monkeypatch):
    written = photos / name
    written.write_text('{"file": "a.png", "caption": "a dog"}\n')
    monkeypatch.chdir(photos)
    sentence = "^out: expected a new file, or one that predict wrote, beside the pictures, found"
    for out in (str(written), os.path.relpath(written)):
        with pytest.raises(CaptionerError, match=sentence):
            keep_written_captions(out, ["elsewhere", str(photos / pictures)])


@pytest.mark.parametrize("content", [OWN, OWN + "half a li", ""])
def test_what_predict_wrote_may_be_written_anew(content, photos):
    (photos / "captions.jsonl").write_text(content)
    keep_written_captions(str(photos / "captions.jsonl"), [str(photos)])


def test_files_that_are_not_beside_pictures(photos):
    keep_written_captions(None, [str(photos)])
    keep_written_captions(str(photos / "new.jsonl"), [str(photos)])
    (photos.parent / "results.jsonl").write_text("other captions")
    keep_written_captions(str(photos.parent / "results.jsonl"), [str(photos)])


def test_predict_refuses_before_it_loads_a_model(photos, capsys):
    table = photos / "captions.csv"
    table.write_text("file,caption\na.png,a dog\n")
    assert main(["predict", "--ckpt_path", "none.ckpt", str(photos), "--out", str(table)]) == 2
    assert capsys.readouterr().err.startswith("captioner: out: expected a new file, or one that")
    assert table.read_text() == "file,caption\na.png,a dog\n"
