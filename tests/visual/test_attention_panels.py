"""Fast attention maps show the same as careful ones: where the encoder saw what it weighs."""

import pytest
import torch
from torchvision.transforms.v2.functional import pil_to_tensor  # type: ignore[import-untyped]

from captioner.types import Caption
from captioner.visual.attention_panels import attention_panels

SIDE, LINE, GAP = 160, 22, 4
WIDTH = 3 * SIDE + 2 * GAP


def looking_at(*tokens, count=16):
    """Return a caption of as many words, each of which looks at one image token only."""
    maps = torch.zeros(len(tokens) + 1, count)
    for word, token in enumerate(tokens):
        maps[word, token] = 1.0
    maps[-1] = 1 / count
    words = [f"word{n}" for n in range(len(tokens))]
    return Caption("Words.", words, -1.0, [-0.1] * (len(tokens) + 1), attention=maps)


def panels(picture, caption, view):
    """Return the panels, the plain picture first, (3, h, w) each."""
    sheet = pil_to_tensor(attention_panels(picture, caption, (4, 4), view))
    height = round(SIDE * picture.size(1) / max(picture.shape[-2:]))
    return [
        row[:, LINE:, left : left + SIDE]
        for row in sheet[:, LINE:].split(LINE + height, dim=1)
        for left in range(0, WIDTH, SIDE + GAP)
    ]


def test_a_map_is_drawn_where_the_token_lies():
    """A wide picture, of which the encoder sees the middle: token 0 is not at the left edge."""
    black = torch.zeros(3, 40, 80, dtype=torch.uint8)
    plain, first, last, *_ = panels(black, looking_at(0, 15), (20.0, 0.0, 60.0, 40.0))
    assert not plain.any()
    for panel, (x, y) in ((first, (50, 10)), (last, (110, 70))):
        light = panel.float().sum(dim=0)
        assert light[y, x] > 300
        assert not light[:, :40].any()  # what the crop cut off
        assert not light[:, 120:].any()
        assert light[y, x] > 4 * light[y, 159 - x]


def test_a_map_goes_beyond_a_picture_with_a_border():
    """Half of the tokens show the border, right of the picture."""
    black = torch.zeros(3, 40, 20, dtype=torch.uint8)
    _, seen, border, *_ = panels(black, looking_at(0, 3), (0.0, 0.0, 40.0, 40.0))
    assert seen[..., :80].float().sum(dim=0)[10, 10] > 300
    assert not (seen[..., 80:] < 255).any()  # paper
    assert border[..., :60].float().sum(dim=0).max() < 150


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (7, 5), (640, 480)])
def test_pictures_of_every_shape(shape):
    height, width = shape
    picture = torch.full((3, height, width), 200, dtype=torch.uint8)
    sheet = attention_panels(picture, looking_at(*range(9)), (4, 4), (0.0, 0.0, width, height))
    assert sheet.mode == "RGB"
    assert sheet.width == WIDTH


def test_words_of_other_scripts_can_be_drawn():
    caption = Caption("犬。", ["犬"], -1.0, [-0.1, -0.1], attention=torch.full((2, 16), 1 / 16))
    picture = torch.zeros(3, 8, 8, dtype=torch.uint8)
    assert attention_panels(picture, caption, (4, 4), (0.0, 0.0, 8.0, 8.0)).width == WIDTH


def test_a_caption_without_attention_is_refused():
    with pytest.raises(ValueError, match="expected one with attention"):
        attention_panels(
            torch.zeros(3, 8, 8, dtype=torch.uint8),
            Caption("Dog.", ["dog"], -1.0, [-0.5]),
            (4, 4),
            (0.0, 0.0, 8.0, 8.0),
        )
