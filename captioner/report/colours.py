"""Styles: one for each captioner, the same in every figure and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class Look(NamedTuple):
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
_LOOKS = (
    Look("#0072b2", "o", "●", "-"),
    Look("#d55e00", "s", "■", "--"),
    Look("#009e73", "^", "▲", "-."),
    Look("#cc79a7", "D", "◆", ":"),
    Look("#000000", "v", "▼", (0, (8, 2))),
    Look("#e69f00", "P", "✚", (0, (3, 1, 1, 1, 1, 1))),
    Look("#56b4e9", "X", "✖", (0, (1, 3))),
    Look("#7f7f7f", "*", "★", (0, (10, 2, 2, 2))),
)


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return the look of each captioner, by the place of its name; from the ninth on they repeat.

    Example:
        >>> looks(["LSTM", "ELMo"])["ELMo"].colour
        '#d55e00'
    """
    return {name: _LOOKS[place % len(_LOOKS)] for place, name in enumerate(names)}
