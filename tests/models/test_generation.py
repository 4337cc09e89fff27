"""Samples depend on the picture, whatever its numbers are stored as and whatever batch it is in."""

from typing import Any

import pytest
import torch

from captioner.decoders import LSTMDecoder
from captioner.models.generation import search_captions
from captioner.models.search_settings import SearchSettings
from captioner.text import Vocabulary

VOCABULARY = Vocabulary(["a", "dog", "cat", "runs", "sleeps", "red"])
SAMPLES = SearchSettings(temperature=1.0, captions=3, max_words=6)


@pytest.fixture(scope="module")
def find():
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"embedding_size": 8, "hidden_size": 8, "attention_size": 4}
    decoder = LSTMDecoder(len(VOCABULARY), 5, dropout=0.0, **sizes).eval()

    def run(images, settings=SAMPLES):
        return search_captions([decoder], [images.float()], VOCABULARY, settings, images)

    return run


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_picture_has_the_same_samples_in_any_batch(find, dtype):
    images = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(1)).to(dtype)
    both, second = find(images), find(images.flip(0)[:1])
    length = min(both.words.size(-1), second.words.size(-1))
    assert torch.equal(both.words[1:, :, :length], second.words[..., :length])
    assert both.words.unique(dim=1).size(1) > 1


def test_pictures_that_differ_have_other_samples(find):
    images = torch.ones(2, 4, 5, dtype=torch.bfloat16)
    images[1, 0, 0] += 0.0078125  # one unit in the last place
    first, second = find(images).words
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "settings", [SAMPLES, SearchSettings(), SearchSettings(beams=4, captions=2)]
)
def test_no_pictures_have_no_captions_of_as_many_each(find, settings):
    assert find(torch.empty(0, 4, 5), settings).words.shape[:2] == (0, settings.captions)
