"""The seam between written captions and the words that models predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Tokenizer(Protocol):
    """Split text into words and join words into text a person would write.

    The tokenizer is chosen in the data settings and named in the checkpoint.
    """

    name: str

    def tokenize(self, text: str) -> list[str]:
        """Split ``text`` into words, without punctuation."""

    def detokenize(self, words: Sequence[str]) -> str:
        """Join ``words`` into a sentence with a capital letter and a full stop."""
