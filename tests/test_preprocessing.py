"""The plain description of how pictures become pixels."""

import json
from dataclasses import replace

import pytest
import torch
from torchvision.transforms.v2 import Compose, Normalize, ToDtype  # type: ignore[import-untyped]

from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing, normalize

IMAGENET = Preprocessing(
    (224, 256), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "bicubic", 0.875, "center"
)


def test_survives_json():
    again = Preprocessing.from_dict(json.loads(json.dumps(IMAGENET.to_dict())))
    assert again == IMAGENET
    assert hash(again) == hash(IMAGENET)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", [224]),
        ("size", [224, 0]),
        ("size", [224.0, 224.0]),
        ("size", 224),
        ("size", [True, True]),
        ("mean", [0.5, 0.5]),
        ("mean", ["0", "0", "0"]),
        ("mean", [0.5, 0.5, float("nan")]),
        ("std", [0.5, 0.5, 0.0]),
        ("interpolation", "best"),
        ("interpolation", 3),
        ("interpolation", ["bicubic"]),
        ("crop_pct", 0.0),
        ("crop_pct", 87.5),
        ("crop_pct", None),
        ("crop_mode", "middle"),
        ("crop_mode", {}),
    ],
)
def test_refuses_a_bad_value_by_name(field, value):
    with pytest.raises(CaptionerError, match=rf"preprocessing\.{field}: expected .*, found "):
        Preprocessing.from_dict(IMAGENET.to_dict() | {field: value})


@pytest.mark.parametrize("values", [{}, [], None, "center", {"size": [1, 1]}])
def test_refuses_missing_keys(values):
    with pytest.raises(CaptionerError, match="expected the keys size, mean"):
        Preprocessing.from_dict(values)


def test_refuses_unknown_keys():
    with pytest.raises(CaptionerError, match="colour"):
        Preprocessing.from_dict(IMAGENET.to_dict() | {"colour": "grey"})


def test_refuses_a_bad_value_in_the_constructor():
    with pytest.raises(CaptionerError, match="crop_pct"):
        replace(IMAGENET, crop_pct=3.0)


def test_normalizes_as_torchvision_does():
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(2, 3, 16, 16)
    peer = Compose([ToDtype(torch.float32, scale=True), Normalize(IMAGENET.mean, IMAGENET.std)])
    assert torch.equal(normalize(pixels, IMAGENET), peer(pixels))
    assert pixels[0, 0, 0, 1] == 1  # what is given stays
