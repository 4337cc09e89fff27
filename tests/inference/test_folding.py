"""Folded encoders compute the same image tokens; only what may be folded is."""

import copy
from typing import Any

import pytest
import timm
import torch
from timm.models.nfnet import NormFreeNet
from torch import nn

from captioner.encoders import TimmEncoder
from captioner.inference.folding import fold_batch_norms


def norms(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm2d) for part in module.modules())


def make(name: str, **options) -> TimmEncoder:
    """Return an encoder whose normalization does something, unlike that of a fresh one."""
    torch.manual_seed(0)
    encoder = TimmEncoder(name, weights="random", **options).eval()
    for part in encoder.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.1)
    return encoder


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("tf_efficientnet_lite0", 49, 0),
        ("resnet18", 20, 0),
        ("test_resnet", 15, 0),
        ("test_nfnet", 0, 0),
        ("test_vit", 0, 0),
    ],
)
def test_same_tokens_without_normalization(name, before, after):
    if name == "test_nfnet" and not hasattr(NormFreeNet, "forward_intermediates"):
        pytest.skip(f"timm {timm.__version__} gives no feature maps of such models")
    encoder = make(name, image_size=64)
    fast = fold_batch_norms(encoder)
    assert (norms(encoder), norms(fast)) == (before, after)
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = encoder(pixels)
    scale = expected.abs().max().item()
    torch.testing.assert_close(fast(pixels), expected, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_vit"])
def test_whole_numbers_of_pixels_are_read_as_well(name):
    """A folded encoder may have no parameter left that tells its precision."""
    encoder = make(name, image_size=64 if "efficient" in name else None)
    generator = torch.Generator().manual_seed(1)
    size = (2, 3, *encoder.preprocessing.size)
    pixels = torch.randint(256, size, generator=generator, dtype=torch.uint8)
    expected = encoder(pixels)
    scale = expected.abs().max().item()
    torch.testing.assert_close(
        fold_batch_norms(encoder)(pixels), expected, rtol=1e-4, atol=1e-5 * scale
    )


def test_the_encoder_itself_stays_as_it_is():
    encoder = make("test_efficientnet", image_size=64)
    digest, keys = encoder.fingerprint(), list(encoder.state_dict())
    fast = fold_batch_norms(encoder)
    assert fast is not encoder
    assert (encoder.fingerprint(), list(encoder.state_dict())) == (digest, keys)
    assert fast.fingerprint() != digest


def test_nothing_to_fold_is_not_copied():
    encoder = make("test_vit")
    assert fold_batch_norms(encoder) is encoder


def test_fine_tuned_encoders_fold_as_well():
    encoder = make("test_resnet", image_size=64, train_from=2)
    pixels = torch.randn(1, 3, 64, 64)
    fast = fold_batch_norms(encoder)
    assert fast.trainable_parameters() == []
    torch.testing.assert_close(fast(pixels), encoder(pixels), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stages", [[2], ["final", 3]])
def test_encoders_of_several_stages_fold_as_well(stages):
    encoder = make("tf_efficientnet_lite0", image_size=64, stages=stages)
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    fast = fold_batch_norms(encoder)
    # A map that is read where a stage ends is read before the normalization that follows, if any.
    assert norms(fast) < norms(encoder)
    torch.testing.assert_close(fast(pixels), encoder(pixels), rtol=1e-4, atol=1e-4)


def test_refuses_training_mode():
    encoder = make("test_resnet", image_size=64, train_from=2).train()
    with pytest.raises(ValueError, match="expected evaluation mode, found training mode"):
        fold_batch_norms(encoder)


class Stub(nn.Module):
    """Stand in for an encoder whose model runs ``path``."""

    def __init__(self, path) -> None:
        super().__init__()
        self.model = nn.ModuleDict(
            {"first": nn.Conv2d(3, 3, 1), "second": nn.Conv2d(3, 3, 1), "norm": nn.BatchNorm2d(3)}
        )
        self.path = path
        self.eval()

    def trace(self):
        """Return the model without values, and what it gives."""
        ghost = copy.deepcopy(self.model).to("meta")
        return ghost, self.path(torch.empty(1, 3, 4, 4, device="meta"), **dict(ghost.items()))

    def forward(self, pixels):
        """Run the path over values."""
        return self.path(pixels, **dict(self.model.items()))


@pytest.mark.parametrize(
    ("path", "after"),
    [
        (lambda x, first, second, norm: second(norm(first(x)).relu()), 0),
        (lambda x, first, second, norm: (y := first(x)) + norm(y), 1),
        (lambda x, first, second, norm: norm(first(x).relu()), 1),
        (lambda x, first, second, norm: norm(first(first(x))), 1),
        (lambda x, first, second, norm: norm(first(x)) + norm(second(x)), 1),
        (lambda x, first, second, norm: norm(x) + first(x), 1),
    ],
    ids=["folds", "two readers", "something between", "run twice", "norm twice", "no convolution"],
)
def test_folds_only_what_a_normalization_alone_reads(path, after):
    torch.manual_seed(0)
    stub: Any = Stub(path)
    nn.init.normal_(stub.model["norm"].running_mean)
    nn.init.uniform_(stub.model["norm"].running_var, 0.5, 2.0)
    fast = fold_batch_norms(stub)
    assert norms(fast) == after
    pixels = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(fast(pixels), stub(pixels), rtol=1e-5, atol=1e-5)


def test_pixels_as_pictures_have_them_need_no_weight_that_is_left():
    encoder = TimmEncoder("tf_efficientnet_lite0", weights="random", image_size=64).eval()
    fast = fold_batch_norms(encoder)
    pixels = torch.randint(256, (1, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(fast(pixels), encoder(pixels), rtol=1e-3, atol=1e-3)
