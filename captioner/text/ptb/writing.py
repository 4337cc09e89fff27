"""How the PTB tokenizer writes what it found: straight quotes, named brackets."""

from __future__ import annotations

import re
from collections.abc import Callable

from captioner.text.ptb.patterns import SOFT


def same(token: str) -> str:
    """Return the token as it stands."""
    return token


def without_soft_hyphen(token: str) -> str:
    """Return the token without soft hyphens; of nothing else, a hyphen is left."""
    return token.replace(SOFT, "") or "-"


def join_parts(token: str) -> str:
    """Return the token with no-break spaces for spaces, as one token has no space."""
    return token.replace(" ", "\u00a0")


def name_brackets(token: str) -> str:
    """Return the token with names for round brackets: ":-RRB-"."""
    return join_parts(token).replace("(", "-LRB-").replace(")", "-RRB-")


def straighten(token: str) -> str:
    """Return the token with straight quotes."""
    return re.sub("[\u0092\u2019]|&apos;", "'", re.sub("[\u0091\u2018\u201b]", "`", token))


def plain_ampersand(token: str) -> str:
    """Return the token with "&" for its entity."""
    return re.sub("(?ai)&amp;", "&", token)


def always(text: str) -> Callable[[str], str]:
    """Return a function that writes ``text`` whatever the token is."""
    return lambda _: text


def lookup(table: dict[str, str]) -> Callable[[str], str]:
    """Return a function that writes what ``table`` has for a token, else the token."""
    return lambda token: table.get(token, token)
