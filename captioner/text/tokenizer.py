"""The seam between written captions and the words that models predict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|'s\b", re.UNICODE)
_CLITIC = re.compile(r"(n't|'s|'re|'ve|'ll|'d|'m)$")


class Tokenizer(Protocol):
    """Split text into words and join words into text a person would write.

    The tokenizer is chosen in the data settings and named in the checkpoint.
    """

    name: str

    def tokenise(self, text: str) -> list[str]:
        """Split ``text`` into words, without punctuation."""

    def detokenise(self, words: Sequence[str]) -> str:
        """Join ``words`` into a sentence with a capital letter and a full stop."""


class WordTokenizer:
    """Split a caption into lower-case words; clitics such as ``'s`` and ``n't`` stand alone.

    Example:
        >>> words = WordTokenizer().tokenise("A man's hat.")
        >>> words
        ['a', 'man', "'s", 'hat']
        >>> WordTokenizer().detokenise(words)
        "A man's hat."
    """

    name = "words"

    def tokenise(self, text: str) -> list[str]:
        """Split ``text`` into words, without punctuation."""
        words: list[str] = []
        for match in _WORD.finditer(text.lower().replace("’", "'")):
            word = match.group()
            clitic = _CLITIC.search(word)
            if clitic and clitic.start() > 0:
                words += [word[: clitic.start()], clitic.group()]
            else:
                words.append(word)
        return words

    def detokenise(self, words: Sequence[str]) -> str:
        """Join ``words`` into a sentence with a capital letter and a full stop."""
        text = ""
        for word in words:
            glued = not text or word.startswith("'") or word == "n't"
            text += word if glued else f" {word}"
        return text[:1].upper() + text[1:] + "." if text else ""
