"""What is computed once for each picture, and that the rest goes on from there."""

import copy

import pytest
import torch

from captioner.encoders import TimmEncoder
from captioner.inference.folding import fold_batch_norms

pytestmark = pytest.mark.integration

CUT = [
    ("resnet18", 1),
    ("resnet18", 4),
    ("tf_efficientnet_lite0", 2),
    ("tf_efficientnet_lite0", 4),
    ("convnext_atto", 3),
    ("test_resnet", 2),
]


def make(name, train_from, **options):
    torch.manual_seed(0)
    return TimmEncoder(name, weights="random", image_size=64, train_from=train_from, **options)


def pixels_of(encoder, images=2):
    generator = torch.Generator().manual_seed(1)
    size = (images, 3, *encoder.preprocessing.size)
    return torch.randint(256, size, generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(("name", "stage"), CUT)
@pytest.mark.parametrize("stages", [None, ["final", -1]], ids=["final", "two levels"])
def test_tokens_and_gradients_are_those_of_the_whole(name, stage, stages):
    if stages is not None:
        stages = ["final", stage - 1]  # of which one is of the stem
    encoder = make(name, stage, stages=stages).train()
    assert encoder.cacheable
    pixels = pixels_of(encoder)
    weights = encoder.trainable_parameters()
    whole = encoder(pixels)
    expected = torch.autograd.grad(whole.square().sum(), weights)
    stored = encoder.frozen_part(pixels)
    assert not stored.requires_grad
    tokens = encoder.finish(stored)
    torch.testing.assert_close(tokens, whole)
    found = torch.autograd.grad(tokens.square().sum(), weights)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    # Afterwards all is in its place.
    torch.testing.assert_close(encoder(pixels), whole)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"])
def test_families_without_maps_between_stages_are_not_cut(name):
    encoder = make(name, 2)
    assert not encoder.cacheable
    with pytest.raises(ValueError, match="expected one that is cacheable"):
        encoder.frozen_part(pixels_of(encoder))


def test_what_is_trained_from_the_first_stage_on_has_no_stem():
    assert not make("resnet18", 0).cacheable


def test_a_frozen_encoder_is_its_own_stem():
    encoder = make("resnet18", None)
    pixels = pixels_of(encoder)
    assert encoder.cacheable
    stored = encoder.frozen_part(pixels)
    torch.testing.assert_close(stored, encoder(pixels))
    assert encoder.finish(stored) is stored


def test_the_fingerprint_is_that_of_the_stem():
    encoder = make("tf_efficientnet_lite0", 4)
    before = encoder.fingerprint()
    with torch.no_grad():
        for weight in encoder.trainable_parameters():
            weight.add_(1)
    assert encoder.fingerprint() == before
    assert make("tf_efficientnet_lite0", 4, stages=[4]).fingerprint() == before
    assert make("tf_efficientnet_lite0", 3).fingerprint() != before
    assert make("tf_efficientnet_lite0", None).fingerprint() != before
    frozen = next(weight for weight in encoder.parameters() if not weight.requires_grad)
    with torch.no_grad():
        frozen.add_(1)
    assert encoder.fingerprint() != before


def test_copies_and_folded_copies_go_on_from_the_same_map():
    encoder = make("resnet18", 3).eval()
    pixels = pixels_of(encoder)
    stored, expected = encoder.frozen_part(pixels), encoder(pixels)
    twin = copy.deepcopy(encoder)
    with torch.no_grad():
        for weight in encoder.trainable_parameters():
            weight.zero_()
    torch.testing.assert_close(twin.finish(stored), expected)
    torch.testing.assert_close(fold_batch_norms(twin)(pixels), expected, rtol=1e-4, atol=1e-4)
