"""Detokenizer of PTB words: "can't", not "ca n't"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product

_GLUED_LEFT = {"'s", "'m", "'d", "'re", "'ve", "'ll", "n't", "%", "-rrb-", "-rsb-", "-rcb-"}
_GLUED_RIGHT = {"-lrb-", "-lsb-", "-lcb-", "y'", "l'", "d'", "j'"}
_GLUED_PAIRS = {
    ("gon", "na"),
    ("wan", "na"),
    ("got", "ta"),
    ("lem", "me"),
    ("gim", "me"),
}
_BRACKETS = {"-lsb-": "[", "-rsb-": "]", "-lcb-": "{", "-rcb-": "}"}

# No token reaches further back than this many words, so no word has to be checked with more.
_REACH = 4

Tokenize = Callable[[str], list[str]]


def write_sentence(words: Sequence[str], tokenize: Tokenize) -> str:
    """Join ``words`` into the nicest sentence that ``tokenize`` splits into the same words.

    Tried in this order: a capital letter and a full stop, no full stop (which would turn a last
    word such as "st" into an abbreviation), no capital, and a text built word by word with a comma
    wherever two words would become one.

    Args:
        words: Words from the PTB tokenizer.
        tokenize: The tokenizer.

    Returns:
        The sentence; "" for no words. If no text has these words, they are joined by spaces.
    """
    expected = list(words)
    if not expected:
        return ""
    for sentence in _spellings(expected, tokenize):
        if tokenize(sentence) == expected:
            return sentence
    return " ".join(expected)


def _spellings(words: list[str], tokenize: Tokenize) -> Iterator[str]:
    text = _spell(words[0])
    for before, word in pairwise(words):
        text += _joint(before, word) + _spell(word)
    stop = "" if text.endswith(".") else "."
    capital = text[:1].upper() + text[1:]
    yield capital + stop
    yield capital
    yield text
    text = _build(words, tokenize)
    yield text + "."
    yield text
    yield text + " ."


def _build(words: list[str], tokenize: Tokenize) -> str:
    """Join word by word, each time by what leaves the last few words as they are."""
    pieces = [next(_written(words[:1], [], tokenize), words[0])]
    for index in range(1, len(words)):
        start = max(0, index - _REACH)
        tail = pieces[start:index]
        fitting = _written(words[start : index + 1], tail, tokenize)
        pieces.append(next(fitting, " " + words[index]))
    return "".join(pieces)


def _written(words: list[str], before: list[str], tokenize: Tokenize) -> Iterator[str]:
    """Yield how the last of ``words`` can be written after ``before``, joint included."""
    word = words[-1]
    joints = [_joint(words[-2], word), " ", ", ", " , "] if before else [""]
    plain = _spell(word)
    spellings = [plain, word.upper(), word.capitalize(), plain + ",", word.upper() + ","]
    for joint, spelling in product(joints, spellings):
        if tokenize("".join(before) + joint + spelling + " .") == words:
            yield joint + spelling


def _joint(before: str, word: str) -> str:
    glued = (
        word in _GLUED_LEFT
        or before in _GLUED_RIGHT
        or (before, word) in _GLUED_PAIRS
        or (before == "'t" and word.startswith(("is", "was")))
        or (before == "$" and word[:1].isdigit())
    )
    return "" if glued else " "


def _spell(word: str) -> str:
    if "&" in word and len(word) > 1:
        word = word.upper()  # only capitals are one word around "&": AT&T
    word = word.replace("\u00a0", " ").replace("-lrb-", "(").replace("-rrb-", ")")
    return _BRACKETS.get(word, word)
