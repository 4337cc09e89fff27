"""A data set of a few coloured pictures, and a captioner trained on it for a moment."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

# A busy machine fails no test, and one that failed fails again.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")

# Tests run side by side in processes; threads on top of that only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

COLOURS = ["red", "green", "blue", "white", "black", "yellow", "purple", "cyan"]


def write_split(folder: Path, name: str, count: int, first_id: int) -> Path:
    images, annotations = [], []
    for index in range(count):
        colour = COLOURS[index % len(COLOURS)]
        image_id = first_id + index
        file_name = f"{name}_{index}.png"
        Image.new("RGB", (48, 40), colour).save(folder / "images" / file_name)
        images.append({"id": image_id, "file_name": file_name, "width": 48, "height": 40})
        for text in (f"A {colour} picture.", f"The picture is all {colour}."):
            annotation = {"id": len(annotations) + 1, "image_id": image_id, "caption": text}
            annotations.append(annotation)
    path = folder / "annotations" / f"captions_{name}.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path


@pytest.fixture(scope="session")
def colours(tmp_path_factory) -> Path:
    """Return a folder with ``images/`` and COCO captions of one-coloured pictures."""
    folder = tmp_path_factory.mktemp("colours")
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    for number, (name, count) in enumerate({"train": 16, "val": 8, "test": 8}.items()):
        write_split(folder, name, count, first_id=100 * number)
    return folder


SMALL_MODEL = [
    "--model=LSTMCaptioner",
    "--model.encoder=test_efficientnet",
    "--model.encoder_weights=random",
    "--model.image_size=64",
    "--model.width=32",
    "--model.hidden_size=48",
    "--model.embedding_size=48",
    "--model.attention_size=16",
    "--model.learning_rate=5e-3",
    "--model.warmup_steps=2",
    "--model.dropout=0.1",
]


@pytest.fixture(scope="session")
def small_run(colours):
    """Return a function that gives the arguments of a small run on one-coloured pictures."""

    def arguments(command: str, runs: Path, *extra: str) -> list[str]:
        files = [
            f"--data.{name}_annotations={colours}/annotations/captions_{name}.json"
            for name in ("train", "val", "test")
        ]
        return [
            command,
            *SMALL_MODEL,
            "--data=CocoDataModule",
            *files,
            f"--data.images={colours}/images",
            f"--data.cache_dir={runs}/cache",
            "--data.batch_size=4",
            "--data.num_workers=0",
            "--trainer.accelerator=cpu",
            "--trainer.precision=32-true",  # the same on every machine
            "--trainer.max_epochs=2",
            "--trainer.enable_progress_bar=false",
            "--trainer.enable_model_summary=false",
            f"--runs_dir={runs}",
            *extra,
        ]

    return arguments


@pytest.fixture(scope="session")
def trained(small_run, tmp_path_factory) -> Path:
    """Return ``best.ckpt`` of a captioner that was trained for a moment."""
    from captioner.__main__ import main

    runs = tmp_path_factory.mktemp("runs")
    assert main(small_run("fit", runs, "--trainer.max_epochs=15", "--name=trained")) == 0
    return runs / "trained" / "version_0" / "checkpoints" / "best.ckpt"


SMALL_BILM = {
    "character_size": 4,
    "filters": ((1, 8), (2, 8), (3, 8)),
    "projection_size": 12,
    "cell_size": 20,
    "max_characters": 12,
    "dropout": 0.0,
}


@pytest.fixture(scope="session")
def make_bilm():
    """Return a function that makes a tiny language model of some words."""
    import torch

    from captioner.language_models.bi_language_model import BiLanguageModel
    from captioner.text import Vocabulary

    def make(words=("a", "dog", "cat", "runs"), **settings) -> BiLanguageModel:
        torch.manual_seed(0)
        return BiLanguageModel(Vocabulary(words), "ptb", **{**SMALL_BILM, **settings})

    return make
