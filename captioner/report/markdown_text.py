"""Escaping for Markdown: text of any kind shows as just that text."""

from __future__ import annotations

import html
import re

# What Markdown, or GitHub's and GitLab's dialects of it, would take for something else.
_SPECIAL = re.compile(r"([\\`*\[\]|~$]|(?<!\w)_|_(?!\w))")
_AT_THE_START = re.compile(r"^(\d*)([#+=.)-])")


def inline_text(text: str) -> str:
    r"""Return text for the inside of a line or a cell, on one line.

    Example:
        >>> print(inline_text("a|b <i>"))
        a\|b &lt;i&gt;
    """
    line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", html.escape(line, quote=False))


def block_text(text: str) -> str:
    r"""Return text for the start of a line, where more characters mean something.

    Example:
        >>> print(block_text("- 1"))
        \- 1
    """
    return _AT_THE_START.sub(r"\1\\\2", inline_text(text))
