"""Attention maps lie where the encoder saw what they weigh."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from captioner.data.pictures.transforms import EvalTransform
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing
from captioner.types import Caption
from captioner.visual.attention_figure import attention_figure
from captioner.visual.attention_files import AttentionFiles

HALF = (0.5, 0.5, 0.5)


def transform(size=(32, 32), crop_pct=1.0, mode="center"):
    return EvalTransform(Preprocessing(size, HALF, HALF, "bilinear", crop_pct, mode))


def looking_at(*tokens, count=16):
    """Return a caption of as many words, each of which looks at one image token only."""
    maps = torch.zeros(len(tokens) + 1, count)
    for word, token in enumerate(tokens):
        maps[word, token] = 1.0
    maps[-1] = 1 / count
    words = [f"word{n}" for n in range(len(tokens))]
    return Caption("Words.", words, -1.0, [-0.1] * (len(tokens) + 1), attention=maps)


@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize("crop_pct", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("shape", [(64, 64), (48, 96), (90, 60), (20, 20), (33, 47)])
def test_the_view_is_what_the_pixels_show(mode, crop_pct, shape):
    """Each pixel of a ramp says where it came from."""
    height, width = shape
    rows = torch.linspace(0, 1, height).view(-1, 1).expand(height, width)
    columns = torch.linspace(0, 1, width).expand(height, width)
    picture = (torch.stack([rows, columns, rows]) * 255).round().to(torch.uint8)
    prepare = transform(crop_pct=crop_pct, mode=mode)
    left, top, right, bottom = prepare.view(height, width)
    pixels = (prepare(picture) + 1) / 2  # back to [0, 1]
    for channel, (first, last, size) in enumerate([(top, bottom, height), (left, right, width)]):
        shown = pixels[channel].select(1 - channel, 16)  # along the middle, clear of any border
        centres = first + (torch.arange(32) + 0.5) * (last - first) / 32
        inside = (centres > 2) & (centres < size - 2)
        expected = (centres - 0.5) / (size - 1)
        torch.testing.assert_close(shown[inside], expected[inside], atol=0.03, rtol=0)


def test_a_map_is_drawn_where_the_token_lies():
    """A wide picture, of which the encoder sees the middle: token 0 is not at the left edge."""
    black = torch.zeros(3, 40, 80, dtype=torch.uint8)
    view = transform().view(40, 80)
    assert view == (20.0, 0.0, 60.0, 40.0)
    figure = attention_figure(black, looking_at(0, 15), (4, 4), view)
    for axes, (x, y) in zip(figure.axes[1:3], [(25, 5), (55, 35)], strict=True):
        heat = axes.images[-1]
        assert heat.get_extent() == [20.0, 60.0, 40.0, 0.0]
        row, column = np.unravel_index(np.asarray(heat.get_array()).argmax(), (4, 4))
        assert (20 + 10 * column + 5, 10 * row + 5) == (x, y)
        assert axes.get_xlim() == (0, 80)
        assert axes.get_ylim() == (40, 0)


def test_there_is_a_panel_for_each_word_and_the_end():
    figure = attention_figure(
        torch.zeros(3, 8, 8, dtype=torch.uint8), looking_at(*range(6)), (4, 4), (0, 0, 8, 8)
    )
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[1:8] == [f"word{n}  100 %" for n in range(6)] + ["(end)  6 %"]
    assert figure.get_suptitle() == "Words."


def test_dollars_are_no_formula():
    caption = looking_at(0, 1)
    sold = Caption("Sold for $ 5 \\x $.", ["$", "5 \\x $"], -1.0, [-0.1] * 3, caption.attention)
    picture = torch.zeros(3, 8, 8, dtype=torch.uint8)
    figure = attention_figure(picture, sold, (4, 4), (0, 0, 8, 8))
    figure.savefig(io.BytesIO(), format="png", dpi=20)  # where a formula would be read
    own = [text for text in figure.texts if text.get_text()]
    texts = [*own, *(axes.title for axes in figure.axes if axes.get_title())]
    assert [text.get_text().partition("  ")[0] for text in texts] == [
        "Sold for $ 5 \\x $.",
        "$",
        "5 \\x $",
        "(end)",
    ]
    assert not any(text.get_parse_math() for text in texts)


def test_a_caption_that_was_cut_has_no_end():
    caption = looking_at(1, 2)
    cut = Caption("Words.", caption.words, -1.0, [-0.1] * 2, attention=caption.attention[:2])
    figure = attention_figure(torch.zeros(3, 8, 8, dtype=torch.uint8), cut, (4, 4), (0, 0, 8, 8))
    assert not [axes for axes in figure.axes if "end" in axes.get_title()]


def test_without_attention_there_is_nothing_to_draw():
    with pytest.raises(CaptionerError, match="expected a captioner that attends"):
        attention_figure(
            torch.zeros(3, 8, 8, dtype=torch.uint8),
            Caption("A.", ["a"], -1.0, [-1.0]),
            (1, 1),
            (0,) * 4,
        )


def test_files_of_one_name_do_not_replace_each_other(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (30, 20), "red").save(tmp_path / folder / "dog.jpg")
    files = AttentionFiles(tmp_path / "maps", transform(), (4, 4))
    written = [
        files.write(tmp_path / folder / "dog.jpg", looking_at(3)) for folder in ("one", "two")
    ]
    assert [path.name for path in written] == ["dog.jpg.png", "dog.jpg-2.png"]
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == sorted(
        path.name for path in written
    )
    assert Image.open(written[0]).width > 300


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptionerError, match="expected a folder to write attention maps to"):
        AttentionFiles(tmp_path / "file" / "maps", transform(), (4, 4))
