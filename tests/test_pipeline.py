"""Files in, sentences out, with one checkpoint and nothing else."""

from typing import Any

import pytest
import torch
from PIL import Image

from captioner import load_captioner
from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform
from captioner.errors import CaptionerError
from captioner.finite_features import NOT_FINITE
from captioner.models.loading import load_model
from captioner.models.search_settings import SearchSettings, Words
from captioner.pipeline import CaptioningPipeline
from captioner.text import Vocabulary

pytestmark = pytest.mark.integration


def test_captions_depend_on_neither_batch_nor_order(trained, colours):
    pipeline = load_captioner(trained)
    files = sorted((colours / "images").glob("*.png"))
    together = pipeline.caption(files)
    assert len(together) == len(files) == 32
    assert [c.text for c in pipeline.caption(files[::-1], batch_size=5)] == [
        caption.text for caption in reversed(together)
    ]
    alone = pipeline.caption([str(files[3])])[0]
    assert alone.words == together[3].words
    assert alone.log_probability == pytest.approx(together[3].log_probability, abs=1e-4)


def test_faster_copies_write_the_captions_of_the_checkpoint(trained, colours):
    captioner = load_model(read_checkpoint(trained))
    before = {name: value.clone() for name, value in captioner.state_dict().items()}
    file = next((colours / "images").glob("*.png"))
    search = SearchSettings(beams=3)
    found = CaptioningPipeline(captioner).caption([file], search=search)[0]
    after = captioner.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    captioner.search_settings = search
    pixels = EvalTransform(captioner.encoder.preprocessing)(read_image(file))
    expected = captioner(pixels[None])[0][0]
    assert found.words == expected.words
    assert found.log_probability == pytest.approx(expected.log_probability, abs=1e-4)


def test_a_broken_picture_is_named(trained, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(CaptionerError, match=r"broken\.jpg"):
        load_captioner(trained).caption([tmp_path / "broken.jpg"])


def test_iterate_goes_on_after_a_broken_picture(trained, colours, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    good = next((colours / "images").glob("*.png"))
    found: Any = list(load_captioner(trained).iterate([good, broken, good], batch_size=2))
    assert [path for path, _ in found] == [good, broken, good]
    assert isinstance(found[1][1], CaptionerError)
    assert [c.text for c in found[0][1]] == [c.text for c in found[2][1]] != []


def test_a_batch_of_more_than_a_machine_can_count(trained, colours):
    pipeline = load_captioner(trained)
    picture = next(colours.rglob("*.png"))
    assert [path for path, _ in pipeline.iterate([picture], 10**20)] == [picture]


def test_no_files_no_captions(trained):
    assert load_captioner(trained).caption([]) == []


def test_a_size_the_model_has_never_seen(trained, tmp_path):
    Image.new("RGB", (7, 301), "red").save(tmp_path / "thin.png")
    assert len(load_captioner(trained).caption([tmp_path / "thin.png"])) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there(trained):
    with pytest.raises(CaptionerError, match="device: expected one of cpu.*, found 'cuda'"):
        load_captioner(trained, device="cuda")


def test_asked_for_more_it_gives_the_best_first(trained, colours):
    files = sorted((colours / "images").glob("*.png"))[:3]
    pipeline = load_captioner(trained)
    found: Any = [
        result for _, result in pipeline.iterate(files, 2, SearchSettings(beams=4, captions=3))
    ]
    for captions, best in zip(found, pipeline.caption(files), strict=True):
        assert len({caption.text for caption in captions}) == 3
        scores = [caption.log_probability for caption in captions]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] <= best.log_probability + 1e-4  # that of five beams
        rows, columns = pipeline.ensemble.captioners[0].encoder.grid
        for caption in captions:
            assert caption.attention.shape == (len(caption.word_probabilities), rows * columns)
            assert caption.attention.sum(dim=1).allclose(torch.tensor(1.0))


def test_a_picture_has_its_own_samples_in_any_company(trained, colours):
    files = sorted((colours / "images").glob("*.png"))[:6]
    pipeline = load_captioner(trained)
    drawn = SearchSettings(temperature=2.0, captions=4, seed=3)
    together: dict[Any, Any] = dict(pipeline.iterate(files, 6, drawn))
    alone: dict[Any, Any] = dict(pipeline.iterate(files[::-1], 1, drawn))
    assert {p: [c.words for c in found] for p, found in together.items()} == {
        p: [c.words for c in found] for p, found in alone.items()
    }
    others = dict(pipeline.iterate(files, 6, SearchSettings(temperature=2.0, captions=4, seed=4)))
    assert together != others


def test_a_captioner_and_itself_agree(trained, colours):
    files = sorted((colours / "images").glob("*.png"))[:4]
    one, twice = load_captioner(trained), load_captioner(trained, trained)
    for alone, both in zip(one.caption(files), twice.caption(files), strict=True):
        assert alone.text == both.text
        assert alone.log_probability == pytest.approx(both.log_probability, abs=1e-4)


def test_an_ensemble_shares_one_vocabulary(trained):
    one, other = (load_captioner(trained).ensemble.captioners[0] for _ in range(2))
    other.vocabulary = Vocabulary(["entirely", "different"])
    with pytest.raises(CaptionerError, match="ensemble: expected captioners that share a vocab"):
        CaptioningPipeline(one, other)


def test_required_and_forbidden_words(trained, colours):
    files = sorted((colours / "images").glob("*.png"))[:2]
    pipeline = load_captioner(trained)
    said = pipeline.caption(files)[0].words
    without = SearchSettings(beams=2, forbidden_words=Words([said[0]]))
    assert all(said[0] not in caption.words for caption in pipeline.caption(files, search=without))
    other = next(w for w in pipeline.ensemble.captioners[0].vocabulary.words[4:] if w not in said)
    with_it = SearchSettings(beams=2, required_words=Words([other]))
    assert all(other in caption.words for caption in pipeline.caption(files, search=with_it))
    with pytest.raises(CaptionerError, match="required_words: expected words .* found 'zebra'"):
        pipeline.caption(files, search=SearchSettings(required_words=Words(["zebra"])))


class _Blind(torch.nn.Module):
    """Make features that are not finite of bright pictures, and those of an encoder of others."""

    def __init__(self, encoder, value):
        super().__init__()
        self.encoder, self.value = encoder, value

    def forward(self, pixels):
        tokens = self.encoder(pixels)
        tokens[pixels.float().flatten(1).mean(1) > 250, 0, 0] = self.value
        return tokens


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_not_finite_are_the_picture_s_own_error(
    trained, colours, tmp_path, value
):
    good = sorted((colours / "images").glob("*.png"))[:2]
    Image.new("RGB", (32, 32), "white").save(tmp_path / "white.png")
    files = [good[0], tmp_path / "white.png", good[1]]
    pipeline = load_captioner(trained)
    expected = pipeline.caption(good)
    blind: list[Any] = [_Blind(each, value) for each in pipeline.ensemble._encoders]
    pipeline.ensemble._encoders = blind
    found: dict[Any, Any] = dict(pipeline.iterate(files, 3))
    assert isinstance(found[files[1]], CaptionerError)
    reason = "white.png: expected image features that are finite numbers, found NaN or infinite"
    assert reason in str(found[files[1]])
    for path, caption in zip(good, expected, strict=True):
        assert found[path][0].words == caption.words
        assert found[path][0].log_probability == pytest.approx(caption.log_probability, abs=1e-4)
    with pytest.raises(CaptionerError, match=r"white\.png: expected image features"):
        pipeline.caption(files)
    white = read_image(files[1])
    with pytest.raises(CaptionerError, match=r"^pictures\[1\]: expected image features"):
        pipeline.caption_pictures([read_image(good[0]), white])


@pytest.mark.parametrize(
    "search", [SearchSettings(), SearchSettings(beams=3), SearchSettings(temperature=1.0)]
)
def test_weights_that_are_no_numbers_write_nothing(trained, colours, search):
    captioner = load_model(read_checkpoint(trained))
    with torch.no_grad():
        for parameter in captioner.decoder.parameters():
            parameter.fill_(float("nan"))
    files = sorted((colours / "images").glob("*.png"))[:2]
    found = list(CaptioningPipeline(captioner).iterate(files, 2, search))
    assert [str(result) for _, result in found] == [f"{file}: {NOT_FINITE}" for file in files]
