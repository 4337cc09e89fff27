"""``predict``: files and folders in, lines out; what cannot be read is skipped."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from captioner.__main__ import main
from captioner.commands.predict import _parser
from captioner.commands.work.predict import run_fingerprint
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer, Vocabulary
from captioner.types import Caption

pytestmark = pytest.mark.integration


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
        assert record["log_probability"] < 0
        assert record["log_probability"] == pytest.approx(sum(record["word_log_probabilities"]))
        assert len(record["word_log_probabilities"]) - len(record["words"]) in (0, 1)  # <eos>
        assert "others" not in record
        assert 0 < record["mean_word_probability"] <= 1
    assert not list(album.glob("*.part"))


def test_what_few_runs_need_is_not_imported(trained, album):
    """Figures, what training takes, and rules for words that are none of the plain ones."""
    unwanted = ("matplotlib", "lightning", "tensorboard", "h5py", "captioner.text.ptb.rules")
    script = (
        "import sys; from captioner.__main__ import main;"
        f" code = main(['predict', '--ckpt_path', {str(trained)!r}, {str(album)!r}]);"
        f" print(code, [name for name in {unwanted!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


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


def test_a_captioner_of_broken_weights_writes_no_captions(trained, album, capsys):
    checkpoint = torch.load(trained, weights_only=True)
    for name, weights in checkpoint["state_dict"].items():
        if name.startswith("encoder.") and weights.is_floating_point():
            weights.fill_(float("nan"))
    torch.save(checkpoint, album / "broken.ckpt")
    out = album / "captions.jsonl"
    command = ["predict", "--ckpt_path", str(album / "broken.ckpt"), str(album)]
    assert main([*command, "--out", str(out)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("expected image features that are finite numbers, found NaN") == 3
    assert not out.exists() or out.read_text() == ""


def test_no_pictures_at_all(tmp_path, capsys):
    assert main(["predict", "--ckpt_path=none.ckpt", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error == f"captioner: files: expected pictures, found none in {tmp_path}\n"


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (["--batch_size", "0"], "batch_size"),
        (["--beems", "3"], "--beems"),
        (["--part", "3/2"], "part: expected the number of a part and how many there are"),
    ],
)
def test_bad_settings_are_one_sentence(trained, album, capsys, extra, sentence):
    assert main(["predict", "--ckpt_path", str(trained), str(album), *extra]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("captioner: ")
    assert error.count("\n") == 1


@pytest.fixture
def quick(monkeypatch):
    """Replace the captioner by one that says the same of every file, or raises what it is told."""

    class Pipeline:
        failure = None
        after = 3
        ensemble = SimpleNamespace(
            captioners=[SimpleNamespace(vocabulary=Vocabulary(["a"]), tokenizer=PTBTokenizer())]
        )
        seen: list[str]

        def iterate(self, files, batch_size, search):
            self.seen = []
            for number, file in enumerate(files):
                if self.failure is not None and number == self.after:
                    raise self.failure
                self.seen.append(file.name)
                yield file, [Caption("A dog.", ["a", "dog"], -1.5, [-0.5, -0.5, -0.5])]

    pipeline = Pipeline()
    monkeypatch.setattr("captioner.commands.work.predict.load_captioner", lambda *_, **__: pipeline)
    monkeypatch.setattr("captioner.commands.predict.check_file", lambda *_: None)
    return pipeline


@pytest.fixture
def part(album, monkeypatch):
    """Return where the lines of ``captions.jsonl`` are until all are there."""
    monkeypatch.setattr("captioner.commands.work.predict.run_fingerprint", lambda _: "same")
    return album / "captions.jsonl.same.part"


def predict(*arguments):
    return main(["predict", "--ckpt_path", "quick.ckpt", *map(str, arguments)])


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("", "out: expected the name of a file to write, found an empty one"),
        ("deep", "out: expected the name of a file to write, found the folder deep"),
        ("nowhere/a.jsonl", "out: expected a file in a folder that exists, found nowhere/a.jsonl"),
    ],
)
def test_an_output_that_cannot_be_is_refused_at_once(album, monkeypatch, capsys, out, sentence):
    monkeypatch.chdir(album)
    monkeypatch.setattr(
        "captioner.commands.work.predict.load_captioner", lambda *_: pytest.fail("loaded the model")
    )
    assert predict("b.PNG", f"--out={out}") == 2
    assert capsys.readouterr().err == f"captioner: {sentence}\n"
    assert sorted(path.name for path in album.iterdir()) == ["b.PNG", "deep"]


@pytest.mark.parametrize("quickly", [True, False])
def test_names_that_are_no_utf8(album, request, capsys, quickly):
    strange = os.fsencode(album) + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(strange)).write_bytes((album / "b.PNG").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    broken = Path(os.fsdecode(os.fsencode(album) + b"/\xff.png"))
    out = album / "captions.jsonl"
    if quickly:
        request.getfixturevalue("quick")
        assert predict(os.fsdecode(strange), "--out", out) == 0
    else:
        ckpt_path = str(request.getfixturevalue("trained"))
        capsys.readouterr()  # what training said, if this is the first test that asks for it
        names = [os.fsdecode(strange), str(broken), "--out", str(out)]
        assert main(["predict", "--ckpt_path", ckpt_path, *names]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{album}/caf\\udce9.png: ")
    assert quickly or "\\udcff.png: expected a picture" in captured.err
    (line,) = out.read_bytes().splitlines()
    assert b"/caf\\udce9.png" in line  # JSON's own escape: every reader gets the same name
    assert os.fsencode(json.loads(line.decode("utf-8"))["file"]) == strange


@pytest.mark.parametrize("failure", [OSError(5, "the disk of pictures"), CaptionerError("data")])
def test_a_failure_on_the_way_is_not_blamed_on_the_output(album, quick, capsys, failure):
    quick.failure, quick.after = failure, 0
    out = album / "captions.jsonl"
    if isinstance(failure, OSError):
        with pytest.raises(OSError, match="the disk of pictures"):
            predict(album, "--out", out)
    else:
        assert predict(album, "--out", out) == 2
    assert "could not be written" not in capsys.readouterr().err
    assert not list(album.glob("captions*"))


def test_an_interrupted_run_goes_on(album, quick, part, capsys):
    out = album / "captions.jsonl"
    quick.failure, quick.after = CaptionerError("data"), 2
    assert predict(album, "--out", out) == 2
    assert quick.seen == ["b.PNG", "a.png"]
    assert sorted(album.glob("captions*")) == [part]
    with part.open("a") as file:
        file.write('{"file": "half a li')
    quick.failure = None
    capsys.readouterr()
    assert predict(album, "--out", out, "--batch_size=1") == 0
    assert quick.seen == ["c.png"]
    assert "goes on after the 2 pictures of" in capsys.readouterr().err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [Path(record["file"]).name for record in records] == ["b.PNG", "a.png", "c.png"]
    assert sorted(album.glob("captions*")) == [out]


def test_an_interrupted_run_goes_on_with_whole_batches(album, quick, part):
    """The last digits of a probability depend on what else is in a batch."""
    out = album / "captions.jsonl"
    quick.failure, quick.after = CaptionerError("data"), 1
    assert predict(album, "--out", out) == 2
    assert part.read_text().count("\n") == 1
    quick.failure = None
    assert predict(album, "--out", out, "--batch_size=2") == 0
    assert quick.seen == ["b.PNG", "a.png", "c.png"]
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [Path(record["file"]).name for record in records] == ["b.PNG", "a.png", "c.png"]


def test_what_other_settings_or_weights_have_said_is_not_taken(album, quick, tmp_path):
    out, weights = album / "captions.jsonl", album / "quick.ckpt"
    weights.write_text("weights")
    command = ["predict", f"--ckpt_path={weights}", str(album), f"--out={out}"]
    quick.failure, quick.after = CaptionerError("data"), 2
    assert main(command) == 2
    assert main([*command, "--beams=2"]) == 2
    assert quick.seen == ["b.PNG", "a.png"]
    weights.write_text("other weights")
    assert main(command) == 2
    assert quick.seen == ["b.PNG", "a.png"]
    assert len(list(album.glob("captions*"))) == 3


def test_parts_share_the_pictures(album, quick):
    shares = []
    for number in (1, 2):
        assert predict(album, f"--part={number}/2") == 0
        shares.append(quick.seen)
    assert shares == [["b.PNG", "c.png"], ["a.png"]]


def test_a_full_disk_is_one_sentence(album, quick, part, capsys):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a device without space")
    out = album / "captions.jsonl"
    part.symlink_to("/dev/full")
    assert predict(album / "b.PNG", "--out", out) == 2
    error = capsys.readouterr().err
    assert error == f"captioner: {out}: could not be written (No space left on device)\n"
    assert list(album.glob("captions*")) == [part]


def test_an_output_that_cannot_be_opened_is_one_sentence(album, quick, part, capsys):
    out = album / "captions.jsonl"
    part.mkdir()
    assert predict(album / "b.PNG", "--out", out) == 2
    assert "captions.jsonl: could not be written (Is a directory)" in capsys.readouterr().err


def test_attention_maps_are_written_beside_the_captions(trained, album, capsys):
    maps = album / "maps"
    command = ["predict", f"--ckpt_path={trained}", str(album / "deep"), f"--attention={maps}"]
    assert main(command) == 0
    assert sorted(path.name for path in maps.iterdir()) == ["a.png.png", "c.png.png"]


def test_parts_do_not_overwrite_each_others_attention_maps(trained, album, capsys):
    maps = album / "maps"
    (album / "deep" / "er" / "c.png").rename(album / "deep" / "er" / "a.png")
    for part in ("1/2", "2/2"):
        command = ["predict", f"--ckpt_path={trained}", str(album / "deep"), f"--part={part}"]
        assert main([*command, f"--attention={maps}"]) == 0
    assert len(list(maps.rglob("a.png.png"))) == 2


def test_captions_of_other_pixels_are_not_gone_on_with(monkeypatch):
    settings = _parser().parse_args(["a.jpg", "--ckpt_path", "a.ckpt"])
    before = run_fingerprint(settings)
    assert run_fingerprint(settings) == before
    monkeypatch.setattr("captioner.commands.work.predict.DECODER", "pixels1-pillow1.0")
    assert run_fingerprint(settings) != before
