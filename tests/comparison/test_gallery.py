"""A gallery shows the captions that were scored, and maps of those captions only."""

import io
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from captioner.comparison.gallery import make_gallery
from captioner.data.formats.example import Example
from captioner.data.pictures.transforms import EvalTransform
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.preprocessing import Preprocessing
from captioner.types import Caption

HALF = (0.5, 0.5, 0.5)
SEARCH = SearchSettings(beams=3)


class Pipeline:
    """Say the same of every picture, as a pipeline would, and keep what it was asked."""

    def __init__(self, text="A dog.", attends=True, broken=()):
        self.text, self.attends, self.broken, self.asked = text, attends, broken, []
        preprocessing = Preprocessing((32, 32), HALF, HALF, "bilinear", 1.0, "center")
        self.transforms = [EvalTransform(preprocessing)]
        encoder = SimpleNamespace(grid=(2, 2))
        self.ensemble = SimpleNamespace(captioners=[SimpleNamespace(encoder=encoder)])

    def iterate(self, files, search):
        """Yield each file with its caption."""
        for file in files:
            self.asked.append((file, search))
            maps = torch.full((2, 4), 0.25) if self.attends else None
            caption = Caption(self.text, ["dog"], -1.0, [-0.5, -0.5], attention=maps)
            failed = file in self.broken
            yield file, CaptionerError(f"{file}: broken") if failed else [caption]


@pytest.fixture
def examples(tmp_path):
    found = []
    for image_id in (7, 8, 9):
        path = tmp_path / f"{image_id}.png"
        Image.new("RGB", (48, 32), "red").save(path)
        found.append(Example(image_id, str(path), (f"A dog {image_id}.", "It.")))
    return found


def gallery_of(examples, pipelines, chosen=((9, "best"), (7, "worst")), said="A dog."):
    captions = {name: dict.fromkeys((7, 8, 9), said) for name in ("LSTM", "ELMo")}
    cider = {"LSTM": {7: 0.1, 8: 0.2, 9: 0.3}, "ELMo": {7: 1.1, 8: 1.2, 9: 1.3}}
    return make_gallery(chosen, examples, captions, cider, pipelines, SEARCH)


def test_pictures_come_as_they_were_chosen(examples):
    pipeline = Pipeline()
    first, second = gallery_of(examples, {"LSTM": pipeline, "ELMo": Pipeline()})
    assert (first.image_id, first.why, first.references) == (9, "best", ["A dog 9.", "It."])
    assert (second.image_id, second.cider) == (7, {"LSTM": 0.1, "ELMo": 1.1})
    assert first.file == examples[2].path
    assert pipeline.asked == [(examples[2].path, SEARCH), (examples[0].path, SEARCH)]
    for shown in (first, second):
        assert shown.captions == {"LSTM": "A dog.", "ELMo": "A dog."}
        assert Image.open(io.BytesIO(shown.maps["LSTM"])).width == 880


def test_maps_of_another_caption_are_not_shown(examples):
    shown, _ = gallery_of(examples, {"LSTM": Pipeline("A cat."), "ELMo": Pipeline()})
    assert shown.captions["LSTM"] == "A dog."
    assert {*shown.maps} == {"ELMo"}


def test_no_maps_without_attention_picture_or_pipeline(examples):
    blind, broken = Pipeline(attends=False), Pipeline(broken=[examples[2].path])
    first, second = gallery_of(examples, {"LSTM": blind, "ELMo": broken})
    assert first.maps == {}
    assert {*second.maps} == {"ELMo"}
    assert all(shown.maps == {} for shown in gallery_of(examples, {}))


def test_a_picture_chosen_twice_is_captioned_once(examples):
    pipeline = Pipeline()
    both = gallery_of(examples, {"LSTM": pipeline}, chosen=[(8, "best"), (8, "worst")])
    assert [shown.why for shown in both] == ["best", "worst"]
    assert both[0].maps == both[1].maps
    assert len(pipeline.asked) == 1


def test_an_unknown_picture_is_refused(examples):
    with pytest.raises(ValueError, match="chosen: expected ids of the examples, found 4"):
        gallery_of(examples, {}, chosen=[(4, "best")])
