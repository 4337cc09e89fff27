"""The eval transform equals timm's; the training cut is mild and repeatable."""

import numpy as np
import pytest
import timm.data
import torch
from PIL import Image

from captioner.data import EvalTransform, TrainTransform
from captioner.preprocessing import Preprocessing

MEAN, STD = (0.48, 0.45, 0.40), (0.22, 0.23, 0.24)


@pytest.fixture(params=[(60, 90), (90, 60), (50, 50), (31, 200)], ids=str)
def picture(request):
    """A smooth picture of several shapes, (3, H, W) uint8."""
    height, width = request.param
    noise = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    smooth = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(smooth)).permute(2, 0, 1)


@pytest.mark.parametrize("size", [(48, 48), (32, 48)], ids=str)
@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
@pytest.mark.parametrize("crop_pct", [0.875, 1.0, 1.1])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "lanczos"])
def test_eval_transform_equals_timm(picture, size, crop_mode, crop_pct, interpolation):
    peer = timm.data.create_transform(
        size, False, crop_pct=crop_pct, crop_mode=crop_mode, interpolation=interpolation,
        mean=MEAN, std=STD,
    )  # fmt: skip
    expected = peer(Image.fromarray(picture.permute(1, 2, 0).numpy()))
    ours = EvalTransform(Preprocessing(size, MEAN, STD, interpolation, crop_pct, crop_mode))
    found = ours(picture)
    assert found.dtype == torch.float32
    assert found.shape == expected.shape == (3, *size)
    # timm resizes with Pillow, we on tensors: the rounding of 8-bit values differs
    levels = (found - expected).abs() * torch.tensor(STD)[:, None, None] * 255
    assert levels.max() <= 3
    assert levels.mean() <= 0.5


def test_train_transform_cuts_most_of_the_picture_and_never_mirrors():
    config = Preprocessing((64, 64), (0.0,) * 3, (1.0,) * 3, "bilinear", 1.0, "center")
    ramp = torch.arange(200, dtype=torch.uint8).expand(3, 200, 200)  # brighter to the right
    cut = TrainTransform(config)
    spans = []
    for key in range(50):
        row = cut(ramp, str(key))[0, 0] * 255
        assert row[-1] > row[0]
        spans.append(float(row[-1] - row[0]) / 199)
    assert min(spans) > 0.75  # side of 70 % of the area, a little narrower
    assert len({round(span, 3) for span in spans}) > 10


def test_train_transform_depends_on_seed_and_key_alone(picture):
    config = Preprocessing((16, 16), MEAN, STD, "bilinear", 1.0, "center")
    cut = TrainTransform(config, seed=1)
    before = torch.get_rng_state()
    first = cut(picture, "0 5")
    assert torch.equal(cut(picture, "0 5"), first)
    assert not torch.equal(cut(picture, "1 5"), first)
    assert not torch.equal(TrainTransform(config, seed=2)(picture, "0 5"), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_one_pixel_is_enough():
    config = Preprocessing((8, 8), MEAN, STD, "bicubic", 0.875, "border")
    dot = torch.zeros(3, 1, 1, dtype=torch.uint8)
    assert EvalTransform(config)(dot).shape == (3, 8, 8)
    assert TrainTransform(config)(dot, "0").shape == (3, 8, 8)
