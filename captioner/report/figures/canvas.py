"""Canvas of all figures: a size that a telephone can show, a quiet frame, the legend."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from captioner.report.styles import Style

_WIDTH = 5.2  # inches: letters of 10 points are still letters where that is 370 pixels
_HEIGHT = 3.4
_DOTS_PER_INCH = 160
_LONGEST_NAME = 28
_POINTS = 60


def panels(rows: int = 1, heights: Sequence[float] | None = None) -> tuple[Figure, list[Axes]]:
    """Return a figure with axes below each other, framed on two sides and with a faint grid."""
    height = _HEIGHT if heights is None else sum(heights)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    found = list(figure.subplots(rows, 1, squeeze=False, height_ratios=heights).flat)
    for axes in found:
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found


def to_png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG file."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_PER_INCH, facecolor="white")
    return out.getvalue()


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return a curve with at most 60 points, each the mean of as many neighbours.

    Points of which either is no number are left out.

    Example:
        >>> thinned([0.1, math.nan, 0.3], [5.0, 4.0, 3.0])
        ([0.1, 0.3], [5.0, 3.0])
    """
    both = np.array([x, y], float)
    both = both[:, np.isfinite(both).all(axis=0)]
    parts = np.array_split(both, max(1, min(_POINTS, both.shape[1])), axis=1)
    means = [part.mean(axis=1).tolist() for part in parts if part.size]
    return [mean[0] for mean in means], [mean[1] for mean in means]


def curve_line(axes: Axes, x: Sequence[float], y: Sequence[float], style: Style) -> None:
    """Draw a curve with a few of its points marked."""
    axes.plot(
        x,
        y,
        color=style.colour,
        linestyle=style.dash,
        marker=style.marker,
        markevery=max(1, len(x) // 8),
        markersize=4,
        linewidth=1.2,
    )


def from_zero(axes: Axes) -> None:
    """Let the vertical axis start at 0, and leave room above the highest point."""
    axes.set_ylim(0, 1.05 * axes.get_ylim()[1])


def legend(figure: Figure, styles: dict[str, Style]) -> None:
    """Write the legend below the figure."""
    names = {name: shortened(name) for name in styles}
    columns = max(1, min(4, 52 // (6 + max(map(len, names.values()), default=1))))
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle=style.dash)
        for style in styles.values()
    ]
    # Matplotlib keeps names that start with _ to itself, and takes what is between $ for formulas.
    labels = [f" {name}" for name in names.values()]
    drawn = figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=9,
        handlelength=3,
    )
    for text in drawn.get_texts():
        text.set_parse_math(False)


def shortened(name: str) -> str:
    """Return a name, cut where it would push everything else aside.

    Example:
        >>> shortened("LSTM")
        'LSTM'
    """
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def offsets(count: int, width: float = 0.6) -> list[float]:
    """Return how far the marks of several models move aside so that none hides another.

    Example:
        >>> offsets(3)
        [-0.2, 0.0, 0.2]
    """
    return [round(width * ((place + 0.5) / count - 0.5), 6) for place in range(count)]


def finite(*values: float) -> bool:
    """Return whether all are numbers.

    Example:
        >>> finite(1.0, float("nan"))
        False
    """
    return all(map(math.isfinite, values))
