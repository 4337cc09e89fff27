"""``predict``: files and folders in, lines out; what cannot be read is skipped."""

import json

import pytest

from captioner.__main__ import main
from captioner.commands.predict import find_pictures
from captioner.errors import CaptionerError


@pytest.fixture
def album(colours, tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.PNG", "deep/a.png", "deep/er/c.png"):
        (tmp_path / name).write_bytes((colours / "images" / "train_0.png").read_bytes())
    (tmp_path / "deep" / "notes.txt").write_text("no picture")
    return tmp_path


def test_one_line_each_on_screen_and_in_the_file(trained, album, capsys):
    out = album / "captions.jsonl"
    assert main(["predict", "--ckpt_path", str(trained), str(album), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["file"] for record in records] == [
        str(album / name) for name in ("b.PNG", "deep/a.png", "deep/er/c.png")
    ]
    assert lines == [f"{record['file']}: {record['caption']}" for record in records]
    for record in records:
        assert set(record) == {"file", "caption", "log_probability", "mean_word_probability"}
        assert record["log_probability"] < 0
        assert 0 < record["mean_word_probability"] <= 1
    assert not list(album.glob("*.part"))


def test_an_unreadable_picture_is_skipped_and_said(trained, album, capsys):
    broken = album / "broken.png"
    broken.write_bytes(b"no picture")
    missing = str(album / "missing.jpg")
    code = main(["predict", "--ckpt_path", str(trained), str(broken), missing, str(album / "deep")])
    captured = capsys.readouterr()
    assert code == 1
    assert len(captured.out.splitlines()) == 2
    assert "skipped" in captured.err
    assert "broken.png" in captured.err
    assert "missing.jpg" in captured.err


def test_files_are_taken_as_they_are_and_folders_searched(album):
    found = find_pictures([str(album / "deep" / "notes.txt"), str(album / "deep")])
    assert [path.name for path in found] == ["notes.txt", "a.png", "c.png"]


def test_no_pictures_at_all(tmp_path):
    with pytest.raises(CaptionerError, match="files: expected pictures, found none in"):
        find_pictures([str(tmp_path)])


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--batch_size", "0"], "batch_size"),
        (["--beems", "3"], "--beems"),
        (["--out", "/nowhere/captions.jsonl"], "captions.jsonl: could not be written"),
    ],
)
def test_bad_settings_are_one_sentence(trained, album, capsys, extra, sentence):
    assert main(["predict", "--ckpt_path", str(trained), str(album), *extra]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("captioner: ")
    assert error.count("\n") == 1
