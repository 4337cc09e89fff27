"""No command writes over what it reads, whatever name that has; it says so before it works."""

import json
import os
import shutil
from pathlib import Path

import pytest

from captioner.__main__ import main
from captioner.commands.output_paths import (
    check_output_files,
    files_in_settings,
    refuse_overwriting_inputs,
)
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

REFUSED = "expected another file than the inputs"


def itself(file, _):
    return file


def symbolic_link(file, link):
    link.symlink_to(file)
    return link


def hard_link(file, link):
    link.hardlink_to(file)
    return link


NAMES = [itself, symbolic_link, hard_link]


@pytest.fixture
def files(tmp_path):
    """Return a folder with small files of many kinds, which must stay as they are."""
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}]
    captions = [
        {"id": number, "image_id": 1 + number % 2, "caption": "A dog runs."} for number in range(4)
    ]
    (tmp_path / "ann.json").write_text(json.dumps({"images": images, "annotations": captions}))
    (tmp_path / "res.json").write_text(json.dumps([{"image_id": 1, "caption": "A dog."}]))
    (tmp_path / "photos").mkdir()
    for name in ("best.ckpt", "bilm.ckpt", "photos/a.jpg", "photos/b.jpg", "photos/c.tar", "t.txt"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "fit.yaml").write_text("name: a")
    (tmp_path / "options.json").write_text("{}")
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("argv", "file"),
    [
        ("score res.json ann.json --out {}", "res.json"),
        ("score res.json ann.json --out {}", "ann.json"),
        ("score res.json ann.json --per-image {}", "res.json"),
        ("score res.json ann.json --against t.txt --out {}", "t.txt"),
        ("score res.json ann.json --idf t.txt --per-image {}", "t.txt"),
        ("score res.json ann.json --training t.txt --out {}", "t.txt"),
        ("score res.json ann.json --images photos --out {}", "photos/a.jpg"),
        ("idf ann.json {}", "ann.json"),
        ("predict photos/a.jpg --ckpt_path best.ckpt --out {}", "best.ckpt"),
        ("predict photos/a.jpg --ckpt_path best.ckpt --out {}", "photos/a.jpg"),
        ("predict photos --ckpt_path best.ckpt --part 1/2 --out {}", "photos/b.jpg"),
        ("predict photos/c.tar --ckpt_path best.ckpt --out {}", "photos/c.tar"),
        ("predict photos --ckpt_path best.ckpt --ensemble [bilm.ckpt] --out {}", "bilm.ckpt"),
        ("predict photos --ckpt_path best.ckpt --rerank.bilm bilm.ckpt --out {}", "bilm.ckpt"),
        ("elmo t.txt {} --ckpt_path bilm.ckpt", "t.txt"),
        ("elmo t.txt {} --ckpt_path bilm.ckpt", "bilm.ckpt"),
        ("elmo t.txt {} --options options.json --weights bilm.ckpt", "options.json"),
    ],
)
def test_an_output_that_is_an_input_is_refused(argv, file, name, files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    out = name(files / file, files / "link")
    before = contents(files)
    assert main([word.format(out) for word in argv.split()]) == 2
    error = capsys.readouterr().err
    assert REFUSED in error
    assert str(out) in error
    assert error.count("\n") == 1
    assert contents(files) == before


def test_a_model_is_not_handed_on_over_itself(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    os.link("bilm.ckpt", "weights.hdf5")
    before = contents(files)
    assert (
        main(["elmo", "--export", ".", "--options", "options.json", "--weights", "bilm.ckpt"]) == 2
    )
    assert f"export: {REFUSED}" in capsys.readouterr().err
    assert contents(files) == before


def test_maps_do_not_take_the_place_of_pictures(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    shutil.copy("photos/a.jpg", "photos/a.jpg.png")
    before = contents(files)
    assert main(["predict", "photos", "--ckpt_path", "best.ckpt", "--attention", "photos"]) == 2
    assert f"attention: {REFUSED}, found photos/a.jpg.png" in capsys.readouterr().err
    assert contents(files) == before


@pytest.mark.parametrize("folder", ["photos", "."])
def test_only_names_that_maps_will_have_are_refused(folder, files, monkeypatch, capsys):
    """Not every PNG file in the folder, and below it, is a map that would be replaced."""
    monkeypatch.chdir(files)
    shutil.copy("photos/a.jpg", "photos/d.png")
    argv = ["predict", "photos", "--ckpt_path", "best.ckpt", "--attention", folder]
    assert main(argv) == 2  # what stands in for a checkpoint is none
    assert "best.ckpt: expected a checkpoint" in capsys.readouterr().err


def test_a_comparison_does_not_write_over_its_settings(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    models = "{A: {config: out/report.md}}"
    Path("out").mkdir()
    os.link("fit.yaml", "out/report.md")
    before = contents(files)
    assert main(["compare", "--models", models, "--out=out"]) == 2
    assert f"out: {REFUSED}, found out/report.md" in capsys.readouterr().err
    assert contents(files) == before


def coco(colours, annotations):
    return [
        "--data=CocoDataModule",
        f"--data.train_annotations={annotations}",
        f"--data.images={colours}/images",
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("input_", ["annotations", "picture"])
def test_no_sheet_over_what_is_inspected(input_, name, colours, tmp_path, capsys):
    folder = tmp_path / "data"
    shutil.copytree(colours, folder)
    annotations = folder / "annotations" / "captions_train.json"
    file = annotations if input_ == "annotations" else folder / "images" / "train_0.png"
    sheet = name(file, tmp_path / "link.png")
    before = contents(folder)
    assert main(["inspect", *coco(folder, annotations), f"--sheet={sheet}"]) == 2
    assert f"sheet: {REFUSED}, found {sheet}" in capsys.readouterr().err
    assert contents(folder) == before


def test_no_shard_over_what_is_packed(colours, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    shutil.copy(colours / "annotations" / "captions_train.json", out / "train-000000.json")
    before = contents(out)
    arguments = coco(colours, out / "train-000000.json")
    assert main(["shard", *arguments, f"--out={out}", "--size=5"]) == 2
    assert f"out: {REFUSED}" in capsys.readouterr().err
    assert contents(out) == before


def test_two_outputs_of_one_name(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert (
        main(["score", "res.json", "ann.json", "--out", "s.json", "--per-image", "./s.json"]) == 2
    )
    assert "per-image: expected another file than out" in capsys.readouterr().err
    assert not Path("s.json").exists()


@pytest.mark.parametrize("out", [".", "", "photos", "no/such/x.json"])
@pytest.mark.parametrize(
    ("argv", "key"),
    [
        (["score", "res.json", "ann.json", "--out"], "out"),
        (["score", "res.json", "ann.json", "--per-image"], "per-image"),
        (["idf", "ann.json"], "out"),
        (["predict", "photos", "--ckpt_path", "best.ckpt", "--out"], "out"),
        (["elmo", "--ckpt_path", "bilm.ckpt", "t.txt"], "out"),
    ],
)
def test_what_no_file_can_be_is_refused_before_any_work(argv, key, out, files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    monkeypatch.setattr("captioner.commands.work.score.read_coco", pytest.fail)
    monkeypatch.setattr("captioner.commands.work.idf.read_coco", pytest.fail)
    monkeypatch.setattr("captioner.commands.work.predict.load_captioner", pytest.fail)
    monkeypatch.setattr("captioner.commands.work.elmo._read_bilm", pytest.fail)
    before = contents(files)
    assert main([*argv, out]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"captioner: {key}: expected ")
    assert error.count("\n") == 1
    assert contents(files) == before


@pytest.mark.parametrize(
    ("argv", "key"),
    [
        ("predict photos --ckpt_path best.ckpt --attention=", "attention"),
        ("elmo --options options.json --weights bilm.ckpt --export=", "export"),
    ],
)
def test_an_empty_name_is_not_the_folder_one_is_in(argv, key, files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    before = contents(files)
    assert main(argv.split()) == 2
    expected = f"captioner: {key}: expected the name of a folder to write, found an empty one\n"
    assert capsys.readouterr().err == expected
    assert contents(files) == before


def test_a_sheet_is_drawn_anew_in_the_place_of_an_older_one(colours, tmp_path, capsys):
    sheet = tmp_path / "sheet.png"
    annotations = colours / "annotations" / "captions_train.json"
    for _ in range(2):
        assert main(["inspect", *coco(colours, annotations), f"--sheet={sheet}"]) == 0
        assert f"Contact sheet: {sheet}" in capsys.readouterr().out
        assert sheet.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("argv", ["idf ann.json {}", "score res.json ann.json --out {}"])
def test_a_device_is_not_replaced_by_a_file(argv, files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    pipe = files / "pipe"
    os.mkfifo(pipe)
    assert main([word.format(pipe) for word in argv.split()]) == 2
    assert f"found the device or pipe {pipe}" in capsys.readouterr().err
    assert pipe.is_fifo()


def test_a_member_stands_for_its_tar_file(files):
    tar = files / "photos" / "c.tar"
    with pytest.raises(CaptionerError, match=REFUSED):
        refuse_overwriting_inputs("out", [tar], [f"{tar}/00001.jpg"])


def test_new_files_and_other_files_are_fine(files):
    outputs = {"out": str(files / "new.json"), "per-image": None}
    check_output_files(outputs, [None, files / "ann.json", "nowhere", "a\0b"])
    refuse_overwriting_inputs(
        "out", [files / "t.txt"], [files / "ann.json", "nowhere", None, "a\0b"]
    )


def test_files_are_found_however_deep_they_are_named(files):
    settings = {
        "config": [files / "fit.yaml"],
        "data": {"images": str(files / "photos"), "captions": [str(files / "ann.json")]},
        "name": "a",
        "seed": 0,
        "other": None,
    }
    assert [Path(name).name for name in files_in_settings(settings)] == ["fit.yaml", "ann.json"]
    assert [Path(name).name for name in files_in_settings(settings, but={"config"})] == ["ann.json"]
