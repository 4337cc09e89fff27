"""Console output beside a progress bar."""

from __future__ import annotations

import re
from typing import TextIO

from tqdm import tqdm

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def print_line(line: str, stream: TextIO) -> None:
    r"""Print a line beside the progress bar, with escapes for what the screen cannot show.

    Control characters, which a picture in someone's archive may have in its name, are escaped too:
    a terminal would obey them.

    Example:
        >>> import sys
        >>> print_line("red.png: \x1b[31mA dog.", sys.stdout)
        red.png: \x1b[31mA dog.
    """
    line = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], line)
    encoding = stream.encoding or "utf-8"
    tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding), file=stream)
