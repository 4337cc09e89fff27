"""Tokenizers by the name that data settings and checkpoints give."""

from __future__ import annotations

from captioner.errors import CaptionerError
from captioner.text.ptb.tokenizer import PTBTokenizer
from captioner.text.tokenizer import Tokenizer

# A closed set on purpose: a checkpoint names its tokenizer, and a file must not be able to make
# the program import anything.
_TOKENIZERS: dict[str, type[Tokenizer]] = {"ptb": PTBTokenizer}


def get_tokenizer(name: str) -> Tokenizer:
    """Return a new tokenizer of that name.

    Raises:
        CaptionerError: If there is none.

    Example:
        >>> get_tokenizer("ptb").tokenize("Two dogs.")
        ['two', 'dogs']
    """
    if name not in _TOKENIZERS:
        known = ", ".join(sorted(_TOKENIZERS))
        raise CaptionerError(f"tokenizer: expected one of {known}, found {name!r}")
    return _TOKENIZERS[name]()
