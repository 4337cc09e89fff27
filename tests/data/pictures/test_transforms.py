"""The eval transform equals timm's."""

from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data.transforms_factory import create_transform

import captioner.data.pictures.transforms
from captioner.data import EvalTransform, read_image
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
    peer = create_transform(
        size, False, crop_pct=crop_pct, crop_mode=crop_mode, interpolation=interpolation,
        mean=MEAN, std=STD,
    )  # fmt: skip
    if (resize := peer.transforms[0].interpolation.value) != interpolation:
        pytest.skip(f"timm {timm.__version__} resizes to {size} with {resize} whatever it is told")
    expected = peer(Image.fromarray(picture.permute(1, 2, 0).numpy()))
    ours = EvalTransform(Preprocessing(size, MEAN, STD, interpolation, crop_pct, crop_mode))
    found = ours(picture)
    assert found.dtype == torch.float32
    assert found.shape == expected.shape == (3, *size)
    # timm resizes with Pillow, we on tensors: the rounding of 8-bit values differs
    levels = (found - expected).abs() * torch.tensor(STD)[:, None, None] * 255
    assert levels.max() <= 3
    assert levels.mean() <= 0.5


@pytest.mark.parametrize("size", [(4, 400), (401, 5)], ids=str)
def test_what_is_far_longer_than_wide_equals_timm_as_well(size):
    height, width = size
    smooth = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    settings: dict[str, Any] = {"crop_pct": 0.9, "crop_mode": "center", "interpolation": "bicubic"}
    peer = create_transform(48, False, mean=MEAN, std=STD, **settings)
    ours = EvalTransform(Preprocessing((48, 48), MEAN, STD, "bicubic", 0.9, "center"))
    found = ours(torch.from_numpy(np.array(smooth)).permute(2, 0, 1))
    assert (found - peer(smooth)).abs().max() * min(STD) * 255 <= 3


@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
def test_no_shape_needs_much_memory(crop_mode, monkeypatch):
    sizes = []
    resize = captioner.data.pictures.transforms.resize

    def watched(picture, size, interpolation):
        sizes.append(size[0] * size[1])
        return resize(picture, size, interpolation)

    monkeypatch.setattr(captioner.data.pictures.transforms, "resize", watched)
    ours = EvalTransform(Preprocessing((224, 224), MEAN, STD, "bicubic", 0.875, crop_mode))
    for height, width in ((1, 20_000), (20_000, 1)):
        line = torch.full((3, height, width), 9, dtype=torch.uint8)
        assert ours(line).shape == (3, 224, 224)
    assert max(sizes) <= 20 * 256 * 256


def test_one_pixel_is_enough():
    config = Preprocessing((8, 8), MEAN, STD, "bicubic", 0.875, "border")
    dot = torch.zeros(3, 1, 1, dtype=torch.uint8)
    assert EvalTransform(config)(dot).shape == (3, 8, 8)


@pytest.mark.parametrize("crop_mode", ["center", "squash", "border"])
def test_large_photographs_may_be_decoded_at_a_reduced_size(tmp_path, crop_mode):
    rough = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    file = tmp_path / "large.jpg"
    Image.fromarray(rough).resize((1400, 1000), Image.Resampling.BICUBIC).save(file, quality=90)
    ours = EvalTransform(Preprocessing((96, 96), MEAN, STD, "bicubic", 0.875, crop_mode))
    reduced = read_image(file, least=ours.least)
    assert ours.least == 2 * 109
    assert reduced.shape == (3, 250, 350)
    levels = (ours.pixels(reduced).float() - ours.pixels(read_image(file)).float()).abs()
    assert levels.max() <= 4
    assert levels.mean() <= 0.5
