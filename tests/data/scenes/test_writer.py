"""What is written: COCO caption format, the same bytes every time, all of it or nothing."""

import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from captioner.data.scenes import worker, writer
from captioner.data.scenes.splits import compose_splits
from captioner.data.scenes.writer import write_scenes
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

SIZES = {"train": 6, "val": 2, "test": 4}


def _write(folder: Path, **changes) -> None:
    write_scenes(folder, **{"sizes": SIZES, "workers": 1, "progress": False, **changes})


def _content(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "scenes"
    _write(folder)
    return folder


def test_pictures_and_annotations_are_there(written):
    for split, size in SIZES.items():
        content = json.loads((written / "annotations" / f"captions_{split}.json").read_text())
        assert len(content["images"]) == size
        assert len(content["annotations"]) == 5 * size
        assert content["info"]["sizes"] == SIZES
        assert content["info"]["seed"] == 0
        assert content["info"]["version"] == writer.VERSION
        for record in content["images"]:
            with Image.open(written / "images" / record["file_name"]) as picture:
                assert picture.size == (record["width"], record["height"]) == (224, 224)
                assert picture.mode == "RGB"
            known = {"seen combination", "unseen combination"} if split == "test" else {None}
            assert record.get("group") in known
    assert not list(written.parent.glob(".*partial"))
    assert not list(written.parent.glob(".*old"))


def test_pycocotools_reads_it_and_scores_the_sixth_captions(written, capsys):
    coco_module = pytest.importorskip("pycocotools.coco")
    ids = set()
    for split in SIZES:
        coco = coco_module.COCO(str(written / "annotations" / f"captions_{split}.json"))
        assert all(len(coco.getAnnIds(image)) == 5 for image in coco.getImgIds())
        assert not ids & (set(coco.getImgIds()) | set(coco.getAnnIds()))
        ids |= set(coco.getImgIds()) | set(coco.getAnnIds())
        if split != "train":
            results = coco.loadRes(str(written / "annotations" / f"sixth_{split}.json"))
            assert set(results.getImgIds()) == set(coco.getImgIds())


def test_the_same_seed_writes_the_same_bytes_in_any_number_of_processes(tmp_path):
    sizes = {"train": 90, "val": 0, "test": 3}
    _write(tmp_path / "one", sizes=sizes, workers=1)
    _write(tmp_path / "two", sizes=sizes, workers=2)
    assert _content(tmp_path / "one") == _content(tmp_path / "two")


def test_workers_do_not_load_torch():
    script = f"import sys, {worker.__name__}; print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert answer.stdout.strip() == b"False"


def test_what_is_there_is_left_alone(written, monkeypatch):
    monkeypatch.setattr(writer, "compose_splits", lambda *_: pytest.fail("drawn again"))
    _write(written)


def test_other_sizes_or_seeds_replace_an_earlier_data_set(tmp_path):
    _write(tmp_path / "scenes")
    before = _content(tmp_path / "scenes")
    _write(tmp_path / "scenes", seed=1)
    after = _content(tmp_path / "scenes")
    assert set(before) == set(after)
    assert before["images/train_00000.jpg"] != after["images/train_00000.jpg"]
    _write(tmp_path / "scenes", sizes={"train": 2, "val": 1, "test": 0}, seed=1)
    assert len(list((tmp_path / "scenes" / "images").iterdir())) == 3


def test_a_deleted_picture_is_drawn_again(tmp_path):
    _write(tmp_path / "scenes")
    before = _content(tmp_path / "scenes")
    (tmp_path / "scenes" / "images" / "val_00001.jpg").unlink()
    _write(tmp_path / "scenes")
    assert _content(tmp_path / "scenes") == before


def test_other_peoples_folders_are_never_replaced(tmp_path):
    mine = tmp_path / "holiday" / "images" / "mine.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"precious")
    with pytest.raises(CaptionerError, match=r"expected a new folder .* found other content"):
        _write(tmp_path / "holiday")
    assert mine.read_bytes() == b"precious"
    _write(tmp_path / "scenes")
    (tmp_path / "scenes" / "notes.txt").write_text("mine")
    with pytest.raises(CaptionerError, match=r"'notes\.txt'"):
        _write(tmp_path / "scenes", seed=1)
    assert (tmp_path / "scenes" / "notes.txt").read_text() == "mine"


def test_the_data_set_that_was_replaced_goes_though_that_call_was_killed(written):
    old = written.with_name(".scenes.old")
    (old / "images").mkdir(parents=True)
    _write(written)
    assert not old.exists()


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "scenes").mkdir()
    _write(tmp_path / "scenes")
    assert (tmp_path / "scenes" / "images" / "train_00005.jpg").is_file()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": {"train": 1}}, "scenes sizes: expected"),
        ({"sizes": {"train": 1, "val": -1, "test": 0}}, "scenes sizes: expected"),
        ({"seed": -1}, "scenes seed: expected"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, changes, message):
    with pytest.raises(CaptionerError, match=message):
        _write(tmp_path / "scenes", **changes)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptionerError, match="expected to be able to write"):
        _write(tmp_path / "file" / "scenes")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_leaves_the_earlier_data_set(tmp_path, monkeypatch, workers):
    _write(tmp_path / "scenes")
    before = _content(tmp_path / "scenes")
    # A worker process cannot be patched: it meets a folder that is not there.
    monkeypatch.setattr(writer, "draw_pictures", _drawing_elsewhere)
    with pytest.raises(CaptionerError, match="No such file"):
        _write(tmp_path / "scenes", sizes={"train": 90, "val": 0, "test": 0}, workers=workers)
    assert _content(tmp_path / "scenes") == before
    assert {path.name for path in tmp_path.iterdir()} == {"scenes", ".scenes.lock"}


def _drawing_elsewhere(pictures, folder, workers, drawn):
    worker.draw_pictures(pictures, folder / "absent", workers, drawn)


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "draw_pictures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path / "scenes")
    assert {path.name for path in tmp_path.iterdir()} == {".scenes.lock"}


def test_drawing_processes_end_with_the_first_that_fails(tmp_path):
    sizes = {"train": 1500, "val": 0, "test": 0}
    pictures = compose_splits(sizes, 0)["train"]

    drawn = itertools.count()

    def fail_once():  # whichever process it is that comes first
        if next(drawn) == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.draw_pictures(pictures, tmp_path, 2, fail_once)
    assert len(list(tmp_path.iterdir())) < len(pictures) // 2  # the other one's half is not done


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_leaves_nothing_that_looks_complete(tmp_path):
    script = (
        "from pathlib import Path; from captioner.data.scenes.writer import write_scenes;"
        f"write_scenes(Path({str(tmp_path / 'scenes')!r}), workers=1, progress=False,"
        "sizes={'train': 2000, 'val': 0, 'test': 0})"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        partial = tmp_path / ".scenes.partial" / "images"
        while not (partial.is_dir() and len(list(partial.iterdir())) > 2):
            assert process.poll() is None
            time.sleep(0.025)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert partial.is_dir()
    assert not (tmp_path / "scenes").exists()
    _write(tmp_path / "scenes")  # the lock of the dead does not hold, its leftovers go
    assert len(list((tmp_path / "scenes" / "images").iterdir())) == sum(SIZES.values())
    assert not (tmp_path / ".scenes.partial").exists()
