"""Styles: one for each captioner, the same in every figure and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class Style(NamedTuple):
    """Style of a captioner in figures: without colour, the rest still tells it apart.

    Attributes:
        colour: As ``#rrggbb``.
        marker: Matplotlib's letter for the shape of its points.
        symbol: The same shape as a character.
        dash: Matplotlib's line style.
    """

    colour: str
    marker: str
    symbol: str
    dash: Literal["-", "--", "-.", ":"] | tuple[float, Sequence[float]]


# Okabe and Ito, 2008, "Color Universal Design"; their yellow, which paper swallows, became grey.
_STYLES = (
    Style("#0072b2", "o", "●", "-"),
    Style("#d55e00", "s", "■", "--"),
    Style("#009e73", "^", "▲", "-."),
    Style("#cc79a7", "D", "◆", ":"),
    Style("#000000", "v", "▼", (0, (8, 2))),
    Style("#e69f00", "P", "✚", (0, (3, 1, 1, 1, 1, 1))),
    Style("#56b4e9", "X", "✖", (0, (1, 3))),
    Style("#7f7f7f", "*", "★", (0, (10, 2, 2, 2))),
)


def styles(names: Sequence[str]) -> dict[str, Style]:
    """Return the style of each captioner, by the place of its name; from the ninth on they repeat.

    Example:
        >>> styles(["LSTM", "ELMo"])["ELMo"].colour
        '#d55e00'
    """
    return {name: _STYLES[place % len(_STYLES)] for place, name in enumerate(names)}
