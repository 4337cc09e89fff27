"""Settings of a language model that is trained in a moment."""

import json
from pathlib import Path

import pytest

NOUNS = ["dog", "cat", "bird", "horse", "cow", "sheep"]
SIZES = [
    "--model.character_size=4",
    "--model.filters=[[1,8],[2,8]]",
    "--model.projection_size=8",
    "--model.cell_size=16",
    "--model.max_characters=10",
]


@pytest.fixture(scope="session")
def uneven(colours, tmp_path_factory) -> Path:
    """Return annotations whose captions are as short as three words and as long as eighteen.

    No batch has as many words as the next.
    """
    train = json.loads((colours / "annotations" / "captions_train.json").read_text())
    for index, annotation in enumerate(train["annotations"]):
        annotation["caption"] += " It is red." * (index // 2 % 5)
    path = tmp_path_factory.mktemp("uneven") / "captions_train.json"
    path.write_text(json.dumps(train))
    return path


@pytest.fixture(scope="session")
def small_bilm(tmp_path_factory):
    """Return a function that gives the arguments of a small run on a few sentences."""
    folder = tmp_path_factory.mktemp("text")
    train = [f"A {noun} {verb}." for noun in NOUNS for verb in ("runs", "sits", "is sleeping")]
    (folder / "train.txt").write_text("\n".join(train))
    (folder / "val.txt").write_text("\n".join(f"The {noun} runs." for noun in NOUNS))

    def arguments(command: str, runs: Path, *extra: str) -> list[str]:
        return [
            command,
            "--model=BiLanguageModel",
            *SIZES,
            "--model.learning_rate=0.02",
            "--model.warmup_steps=2",
            "--data=TextDataModule",
            f"--data.train_text={folder}/train.txt",
            f"--data.val_text={folder}/val.txt",
            "--data.batch_size=4",
            "--data.bucket_batches=2",
            "--trainer.accelerator=cpu",
            "--trainer.precision=32-true",  # the same on every machine
            "--trainer.max_epochs=3",
            "--trainer.enable_progress_bar=false",
            "--trainer.enable_model_summary=false",
            "--trainer.log_every_n_steps=1",
            f"--runs_dir={runs}",
            "--name=bilm",
            *extra,
        ]

    return arguments
