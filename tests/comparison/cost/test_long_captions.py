"""The longest captions of a data set: which they are, and how far their gradients reach."""

import pytest
from PIL import Image

from captioner.comparison.cost.gradient_reach import gradient_reach
from captioner.comparison.cost.long_captions import long_captions
from captioner.data.formats.example import Example


@pytest.fixture
def examples(tmp_path):
    """Return a function that makes an example of each picture's captions, so many words long."""

    def make(*lengths):
        made = []
        for place, own in enumerate(lengths):
            file = tmp_path / f"{place}.png"
            Image.new("RGB", (64, 64), (place, 0, 0)).save(file)
            captions = tuple(" ".join(["red dot"] * words)[: 4 * words - 1] for words in own)
            assert [len(caption.split()) for caption in captions] == list(own)
            made.append(Example(place, str(file), captions))
        return made

    return make


def test_the_images_with_the_longest_references_come_first(make_captioner, examples):
    captioner = make_captioner()
    batch, words = long_captions(captioner, examples((2, 9), (3,), (8, 1), (5, 5)), images=3)
    assert sorted(batch.image_ids) == [0, 2, 3]
    assert words == 8


@pytest.mark.parametrize("words", [39, 40, 41, 120])
def test_captions_of_any_length_tell_how_far_gradients_reach(make_captioner, examples, words):
    captioner = make_captioner()
    batch, longest = long_captions(captioner, examples((words, 3), (words,), (words,), (4,)), 3)
    assert longest == min(words, 40)
    assert len(gradient_reach(captioner, batch, longest)) == longest - 1


def test_images_with_cut_captions_count_as_long_as_those_are_read(make_captioner, examples):
    batch, words = long_captions(make_captioner(), examples((80,), (60,), (20,), (10,)), images=4)
    assert words == 30
    assert batch.captions.size(-1) == 42
