"""The inspect command: what it prints, what it refuses, and when its exit code is 1."""

import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from captioner.__main__ import main
from captioner.data.formats.example import Example
from captioner.visual.contact_sheet import contact_sheet

pytestmark = pytest.mark.integration


@pytest.fixture
def photos(tmp_path):
    """Return a folder with captions.csv and twelve pictures, all different."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = ["file,split,caption"]
    for number in range(12):
        noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize((96, 64), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number}.jpg")
        split = "val" if number == 10 else "test" if number == 11 else "train"
        rows += [f"{number}.jpg,{split},A {split} dog costs $5 and $6."]
    (folder / "captions.csv").write_text("\n".join(rows))
    return folder


def _inspect(folder, *more):
    return main(["inspect", "--data=FolderDataModule", f"--data.folder={folder}", *more])


def test_a_sound_data_set(photos, capsys, tmp_path):
    sheet = tmp_path / "out" / "sheet.png"
    assert _inspect(photos, f"--sheet={sheet}") == 0
    output = capsys.readouterr()
    lines = {line[:26].strip(): line[26:].split() for line in output.out.splitlines()}
    assert lines["images"] == ["10", "1", "1"]
    assert lines["captions per image"] == ["1-1,", "1.0"] * 3
    assert lines["words known"][0] == "100.00"
    assert float(lines["words known"][2]) < 100
    assert "most frequent unknown words of val: val" in output.out
    assert "broken or missing pictures: 0" in output.out
    assert "captioner:" not in output.err
    with Image.open(sheet) as page:
        assert page.width > 600
    assert [file.name for file in sheet.parent.iterdir()] == ["sheet.png"]


def test_a_sheet_of_pictures_whose_names_are_no_utf8(photos):
    strange = photos / os.fsdecode(b"caf\xe9.jpg")
    try:
        strange.write_bytes((photos / "0.jpg").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    example = Example(1, str(strange), ("A dog.",))
    sheet = contact_sheet({"train": [example]})
    sheet.savefig(io.BytesIO(), format="png")
    assert sheet.axes[0].get_title().startswith("caf\\udce9.jpg\n")


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        ("", "found an empty name"),
        ("{folder}", "found a folder"),
        ("{folder}/0.jpg/sheets/a.png", "found the file {folder}/0.jpg in place of a folder"),
        ("{folder}/locked/a.png", "found that nothing can be written to {folder}/locked"),
    ],
)
def test_a_sheet_that_cannot_be_written_is_refused_at_once(
    sheet, found, photos, monkeypatch, capsys
):
    (photos / "locked").mkdir(mode=0o500)
    may = os.access
    monkeypatch.setattr(
        os, "access", lambda path, *mode: not str(path).endswith("locked") and may(path, *mode)
    )
    monkeypatch.setattr("captioner.commands.work.inspect.scan", pytest.fail)
    assert _inspect(photos, f"--sheet={sheet.format(folder=photos)}") == 2
    error = capsys.readouterr().err
    assert "expected a PNG file that can be written (--sheet)" in error
    assert found.format(folder=photos) in error


def test_leaks_and_broken_files_are_named(photos, capsys):
    with Image.open(photos / "3.jpg") as picture:
        picture.resize((60, 40)).save(photos / "10.jpg", quality=50)
    (photos / "4.jpg").write_bytes(b"rubbish")
    (photos / "5.jpg").unlink()
    assert _inspect(photos, "--show=1") == 1
    output = capsys.readouterr()
    assert "broken or missing pictures: 2" in output.out
    assert "4.jpg: expected a picture, found a file of another kind" in output.out
    assert "... and 1 more (--show 2)" in output.out
    assert f"train: {photos}/3.jpg  val: {photos}/10.jpg" in output.out
    assert "found 2 broken or missing pictures and 1 pairs of pictures in two parts" in output.err


def test_it_takes_the_settings_of_a_fit(photos, tmp_path, capsys):
    config = tmp_path / "mine.yaml"
    config.write_text(
        "name: mine\nmodel: {class_path: TransformerCaptioner, init_args: {width: 64}}\n"
        "trainer: {max_epochs: 3}\n"
        f"data: {{class_path: FolderDataModule, init_args: {{folder: {photos}, holdout: 2,"
        " augment: {mirror: true}}}\n"
    )
    assert main(["inspect", f"--config={config}", "--data.min_count=2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if "images" in line).split() == [
        "images",
        "8",
        "2",
        "1",
        "1",
    ]
    assert not (tmp_path / "runs").exists()


def test_a_set_for_evaluation_alone_with_the_words_of_a_checkpoint(colours, trained, capsys):
    def shown(*more):
        test = f"--data.test_annotations={colours}/annotations/captions_test.json"
        images = f"--data.images={colours}/images"
        code = main(["inspect", "--data=CocoDataModule", test, images, *more])
        return code, capsys.readouterr().out

    code, output = shown()
    assert code == 0
    assert "vocabulary: 0 words" in output
    code, output = shown(f"--ckpt_path={trained}")
    assert code == 0
    assert "vocabulary: 0 words" not in output
    assert "100.00 %" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--data=FolderDataModule", "--data.folder=nowhere"],
            "nowhere: expected a folder of pictures, found nothing there",
        ),
        (["--data=TextDataModule"], "data: expected pictures with captions in files, found Text"),
        (["--data=CocoDataModule"], "data: expected at least one image in a part, found none"),
        (["--data=CocoDataModule", "--show=-1"], "show"),
        (["--data=CocoDataModule", "--data.hold=3"], "found the unknown 'hold'"),
        (["--config=none.yaml"], "none.yaml: expected a YAML file, found none"),
        ([], "data: expected a value, found none"),
    ],
)
def test_mistakes_are_one_sentence(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_wrong_format_is_named(photos, tmp_path, capsys):
    file = tmp_path / "dataset_mine.json"
    images = [{"filename": "0.jpg", "imgid": 0, "split": "train", "sentences": [{"raw": "A."}]}]
    file.write_text(json.dumps({"images": images}))
    assert main(["inspect", "--data=CocoDataModule", f"--data.train_annotations={file}"]) == 2
    assert "a Karpathy split file; use data: KarpathyDataModule" in capsys.readouterr().err
