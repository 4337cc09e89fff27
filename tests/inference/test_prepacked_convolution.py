"""A prepacked convolution computes what the plain one and its activation do."""

import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn

from captioner.inference.prepacked_convolution import PrepackedConvolution

pytestmark = pytest.mark.skipif(
    not PrepackedConvolution.fits(nn.Conv2d(1, 1, 1), nn.Identity()),
    reason="this build of torch has no oneDNN",
)


@pytest.mark.parametrize("activation", [nn.Identity(), nn.ReLU(), nn.ReLU6()], ids=str)
@pytest.mark.parametrize(
    "geometry",
    [
        {"kernel_size": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "bias": False},
        {"kernel_size": 3, "padding": 1, "groups": 8},
        {"kernel_size": (5, 3), "padding": (2, 1), "dilation": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [nn.Conv2d, Conv2dSame])
@torch.no_grad()
def test_equals_the_plain_one_for_every_size(kind, geometry, activation):
    torch.manual_seed(0)
    if kind is Conv2dSame:  # finds its padding by itself
        geometry = {**geometry, "padding": 0}
    convolution = kind(8, 16, **geometry)
    fast = PrepackedConvolution(convolution, activation)
    for size in ((1, 8, 17, 14), (3, 8, 32, 32)):
        for layout in (torch.contiguous_format, torch.channels_last):
            x = (8 * torch.randn(size)).contiguous(memory_format=layout)
            torch.testing.assert_close(fast(x), activation(convolution(x)), atol=1e-4, rtol=1e-4)


class Scaled(nn.Conv2d):
    """Does more than its parent."""


@pytest.mark.parametrize(
    ("convolution", "activation"),
    [
        (nn.Conv2d(4, 4, 3).double(), nn.ReLU()),
        (nn.Conv2d(4, 4, 3, device="meta"), nn.ReLU()),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), nn.ReLU()),
        (nn.Conv2d(4, 4, 3, padding="same"), nn.ReLU()),
        (nn.Conv2d(4, 4, 3), nn.SiLU()),
        (Scaled(4, 4, 3), nn.ReLU()),
        (nn.Linear(4, 4), nn.ReLU()),
    ],
    ids=str,
)
def test_what_would_change_is_left_alone(convolution, activation):
    assert not PrepackedConvolution.fits(convolution, activation)
