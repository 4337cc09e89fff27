"""Number formatting for readers: rounded, with a sign where it matters, never ``nan``."""

from __future__ import annotations

import math
from collections.abc import Iterable

MISSING = "-"

# A bootstrap of 1000 samples cannot tell anything rarer.
_LEAST_P = 0.002


def fixed(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals and commas between thousands, ``-`` if there is none.

    Example:
        >>> fixed(0.12345), fixed(12345.6, 0), fixed(float("nan")), fixed(None)
        ('0.123', '12,346', '-', '-')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:,.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """Return a number as :func:`fixed` does, with its sign.

    Example:
        >>> signed(0.25, 2), signed(-0.25, 2), signed(float("nan"))
        ('+0.25', '-0.25', '-')
    """
    return f"{value:+,.{digits}f}" if math.isfinite(value) else MISSING


def rounded(value: float | None, figures: int = 3) -> str:
    """Return a number with so many significant figures, written out, ``-`` if there is none.

    Example:
        >>> rounded(1234.5), rounded(0.01234, 2), rounded(0.0), rounded(None), rounded(99.95)
        ('1,234', '0.012', '0', '-', '100')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    # Through the exponent of the rounded number: 99.95 has three figures before the point.
    exponent = int(f"{value:.{figures - 1}e}".split("e")[1])
    return f"{value:,.{max(0, figures - 1 - exponent)}f}"


def percent(value: float, digits: int = 1) -> str:
    """Return a fraction as per cent, ``-`` if there is none.

    Example:
        >>> percent(0.125), percent(float("nan"))
        ('12.5 %', '-')
    """
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else MISSING


def p_value(p: float) -> str:
    r"""Return a probability with two significant figures, no finer than the test can tell.

    Example:
        >>> p_value(0.0019), p_value(0.0123), p_value(0.4567), p_value(float("nan"))
        ('p\xa0<\xa00.002', 'p\xa0=\xa00.012', 'p\xa0=\xa00.46', 'p unknown')
    """
    if not math.isfinite(p):
        return "p unknown"
    relation = "<" if p < _LEAST_P else "="
    shown = f"{_LEAST_P}" if p < _LEAST_P else f"{p:.{3 if p < 0.1 else 2}f}"
    return f"p\u00a0{relation}\u00a0{shown}"  # no line may end within it


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it, ``-`` if there is none.

    Example:
        >>> duration(3.21), duration(252.0), duration(7500.0), duration(None)
        ('3.2 s', '4.2 min', '2.1 h', '-')
    """
    (text,) = durations([seconds])
    return text


def durations(seconds: Iterable[float | None]) -> list[str]:
    """Return times that are read side by side in one unit, that of the longest.

    Example:
        >>> durations([60.0, 252.0, None])
        ['1.0 min', '4.2 min', '-']
    """
    times = [math.nan if each is None else each for each in seconds]
    longest = max(filter(math.isfinite, times), default=0.0)
    units = ((3600, "h"), (60, "min"), (1, "s"))
    size, unit = next((unit for unit in units if longest >= 2 * unit[0]), units[-1])
    return [f"{each / size:.1f} {unit}" if math.isfinite(each) else MISSING for each in times]


def span(low: float, high: float, digits: int = 3) -> str:
    """Return an interval, empty if there is none.

    Example:
        >>> span(0.1, 0.2), span(float("nan"), float("nan"))
        ('0.100 to 0.200', '')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{fixed(low, digits)} to {fixed(high, digits)}"


def byte_size(count: int) -> str:
    """Return a number of bytes in the greatest unit that it fills.

    Args:
        count: The number.

    Example:
        >>> byte_size(2_500_000_000), byte_size(40_960), byte_size(0)
        ('2.5 GB', '41.0 kB', '0 bytes')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
