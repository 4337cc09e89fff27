"""The captions of a test go to one file, each image once, whole or not at all."""

import json
from typing import Any

import torch
from lightning.pytorch import LightningModule

from captioner.callbacks import ResultsFile
from captioner.types import Caption, CaptionBatch


class Run:
    """Stand in for a trainer whose log folder, as Lightning's, must be asked on every process."""

    def __init__(self, folder, rank=0):
        self.folder = folder
        self.is_global_zero = rank == 0
        self.world_size = 1
        self.asked = 0

    @property
    def log_dir(self):
        """Note that a process asks."""
        self.asked += 1
        return self.folder


def make(*settings, **more) -> tuple[ResultsFile, Any]:
    """Return the callback and a run of these settings."""
    return ResultsFile(), Run(*settings, **more)


def collect(callback, trainer, captions):
    ids = list(captions)
    batch = CaptionBatch(torch.zeros(len(ids), 1), torch.zeros(len(ids), 1, 1), image_ids=ids)
    outputs = {"captions": [[Caption(text, [], -1.0, [])] for text in captions.values()]}
    callback.on_test_batch_end(trainer, LightningModule(), outputs, batch, 0)


def test_each_image_is_there_once_in_the_order_of_the_ids(tmp_path):
    callback, run = make(tmp_path / "version_0")
    collect(callback, run, {7: "A dog.", 3: "Un café."})
    collect(callback, run, {5: "A cat.", 7: "A dog."})
    callback.on_test_end(run, LightningModule())
    file = tmp_path / "version_0" / "test_captions.json"
    assert json.loads(file.read_text(encoding="utf-8")) == [
        {"image_id": 3, "caption": "Un café."},
        {"image_id": 5, "caption": "A cat."},
        {"image_id": 7, "caption": "A dog."},
    ]
    collect(callback, run, {9: "Another test."})
    callback.on_test_end(run, LightningModule())
    assert json.loads(file.read_text()) == [{"image_id": 9, "caption": "Another test."}]
    assert list(file.parent.iterdir()) == [file]


def test_every_process_asks_for_the_folder_and_the_first_one_writes(tmp_path):
    callback, run = make(tmp_path, rank=1)
    collect(callback, run, {7: "A dog."})
    callback.on_test_end(run, LightningModule())
    assert run.asked == 1
    assert not list(tmp_path.iterdir())


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    callback, run = make(None)
    collect(callback, run, {7: "A dog."})
    callback.on_test_end(run, LightningModule())
    assert not list(tmp_path.iterdir())
