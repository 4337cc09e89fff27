"""Contact sheet: pictures of every split of a data set with their captions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from captioner.data.formats.example import Example
from captioner.data.pictures.thumbnails import read_thumbnail

_COLUMNS = 6
_PANEL = 2.4  # inches
_SIDE = 320  # pixels
_LETTERS = 160  # of a caption


def contact_sheet(splits: Mapping[str, Sequence[Example]]) -> Figure:
    r"""Return a figure with a row of six pictures for each split, spread evenly over it.

    Args:
        splits: By its name, the examples of a split whose pictures can be read.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from PIL import Image
        >>> folder = TemporaryDirectory()
        >>> Image.new("RGB", (64, 48), "red").save(folder.name + "/a.png")
        >>> photo = Example(1, folder.name + "/a.png", ("A red picture.",))
        >>> sheet = contact_sheet({"train": [photo], "val": []})
        >>> [axes.get_title() for axes in sheet.axes if axes.get_title()]
        ['a.png\nA red picture.']
    """
    shown = {name: _spread(examples) for name, examples in splits.items() if examples}
    rows = max(1, len(shown))
    figure = Figure(figsize=(_COLUMNS * _PANEL, rows * (_PANEL + 0.9)), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for row, (name, examples) in zip(panels, shown.items(), strict=False):
        for axes, example in zip(row, examples, strict=False):
            axes.imshow(read_thumbnail(example.path, _SIDE))
            file = _drawable(example.path.rpartition("/")[2])[-32:]
            caption = textwrap.shorten(example.captions[0], _LETTERS, placeholder=" ...")
            title = "\n".join([file, *textwrap.wrap(caption, 34)])
            # "$" in a caption is money, not the beginning of a formula
            axes.set_title(title, fontsize=7, parse_math=False)
        row[0].text(-0.12, 0.5, name, rotation=90, ha="center", va="center", weight="bold",
                    transform=row[0].transAxes)  # fmt: skip
    return figure


def _spread(examples: Sequence[Example]) -> list[Example]:
    count = min(_COLUMNS, len(examples))
    return [examples[index * len(examples) // count] for index in range(count)]


def _drawable(name: str) -> str:
    """Return a name with lone surrogates escaped: no font has a glyph for what is no text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
