"""What a report says of checkpoints that were not trained for it."""

from pathlib import Path
from typing import Any

from captioner.checkpoints.checkpoint_file import Checkpoint
from captioner.comparison.planning.provenance import describe_given, differing_conditions
from captioner.preprocessing import Preprocessing
from captioner.text import Vocabulary


def checkpoint(encoder: str = "resnet50", **about: Any) -> Checkpoint:
    return Checkpoint(
        path=Path("best.ckpt"),
        model="LSTMCaptioner",
        architecture={"encoder": encoder},
        vocabulary=Vocabulary(["dog"]),
        tokenizer="ptb",
        about={"precision": "32-true", **about},
        weights={},
        resumable=False,
        preprocessing=Preprocessing((64, 64), (0.5,) * 3, (0.5,) * 3, "bicubic", 1.0, "center"),
    )


DATA = {"train images": 3000, "train captions": 15000}


def test_what_is_alike_is_said_once_and_what_is_not_of_each():
    given = {"A": checkpoint(data=DATA, epochs=4), "B": checkpoint(data=DATA, epochs=6)}
    assert describe_given(given) == {
        "encoder": "resnet50, 64 x 64 pixels",
        "training data": "3,000 images, 15,000 captions",
        "training precision": "32-true",
        "checkpoint from": "A: epoch 4; B: epoch 6",
    }
    (note,) = differing_conditions(given)
    assert note.startswith("Nothing was trained for this comparison")


def test_other_encoders_and_other_data_are_pointed_out():
    other = {**DATA, "train images": 6000}
    given = {"A": checkpoint(data=DATA), "B": checkpoint("resnet18", data=other)}
    _, encoder, data = differing_conditions(given)
    assert "same encoder (A: resnet50, 64 x 64 pixels; B: resnet18, 64 x 64 pixels)" in encoder
    assert "same training data (A: 3,000 images, 15,000 captions; B: 6,000 images" in data


def test_other_precisions_are_pointed_out():
    given = {"A": checkpoint(data=DATA), "B": checkpoint(data=DATA, precision="bf16-mixed")}
    _, note = differing_conditions(given)
    assert "same training precision (A: 32-true; B: bf16-mixed)" in note


def test_what_is_not_known_is_not_called_the_same():
    given = {"A": checkpoint(), "B": checkpoint()}
    assert describe_given(given)["training data"] == "unknown"
    assert "not known to have the same training data (unknown)" in differing_conditions(given)[1]
