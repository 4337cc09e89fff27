"""Tokenizer: the protocol that data and models share, and tokenizers by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from captioner.errors import CaptionerError
from captioner.text.ptb.tokenizer import PTBTokenizer


class Tokenizer(Protocol):
    """Interface of tokenizers: text to words, and words to text a person would write.

    The tokenizer is chosen in the data settings and named in the checkpoint.
    """

    name: str

    def tokenize(self, text: str) -> list[str]:
        """Split ``text`` into words, without punctuation."""

    def detokenize(self, words: Sequence[str]) -> str:
        """Join ``words`` into a sentence with a capital letter and a full stop."""


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
