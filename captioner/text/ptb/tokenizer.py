"""PTBTokenizer: the words of the COCO caption evaluation, without punctuation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain

from captioner.text.ptb import words as ptb_words
from captioner.text.ptb.spelling import write_sentence

_LINE_ENDS = re.compile("[\n\r\v\f\u0085\u2028\u2029]")
# The Java tokenizer puts its brackets into lower case before they are looked up here, so "-lrb-"
# stays a word in every published score.
_PUNCTUATION = frozenset(
    "'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split()  # noqa: SIM905
)
# Where a token may reach over a space, or a space is not a plain one. Few captions have anything of
# the first kind, which is quickly seen.
_UNUSUAL = re.compile("[<0-9\x00-\x1f\x7f-\U0010ffff]|\\. ")
_REACHES_OVER = re.compile(
    r"[^\S ]|<|[0-9)] +[0-9]|\. +[0-9.]|(?![0-9])\d|(?<![A-Za-z])[A-Za-z]\. +[A-Z]"
)
# Nearly all pieces of captions: "dog", "dog,", "red-haired", "dog's". The rules would agree.
_PLAIN = re.compile("([A-Za-z]+(?:-[A-Za-z]+)*)('s)?[.,]?")
_KNOWN_BY_HEART = re.compile(
    rf"(?ai:cannot|gonna|gotta|lemme|gimme|wanna)[.,]?"
    rf"|(?:{ptb_words.ALWAYS}|{ptb_words.OFTEN}|(?ai:{ptb_words.BEFORE_NUMBERS}))\."
)


class PTBTokenizer:
    """Penn Treebank tokenizer: captions to the words that published scores are computed from.

    Token for token what the Java tokenizer of the COCO caption evaluation (Stanford PTBTokenizer,
    CoreNLP 3.4.1, lower case, without its list of punctuation) returns for a line of a file. There
    a line end follows each caption, which Java looks at: "a dog :)" ends in a face. It even looks
    beyond it, at the first word of the caption after: "p." loses its full stop before "The", and
    "no." keeps it before a number. A caption has the same words wherever it stands here, those
    before any other neighbour. Line ends inside of a caption count as spaces.

    Example:
        >>> words = PTBTokenizer().tokenize("A man can't find his dog's 1/2-eaten bone.")
        >>> words
        ['a', 'man', 'ca', "n't", 'find', 'his', 'dog', "'s", '1/2-eaten', 'bone']
        >>> PTBTokenizer().detokenize(words)
        "A man can't find his dog's 1/2-eaten bone."
    """

    name = "ptb"

    def __init__(self) -> None:
        self._inside, self._at_end = _Cache(_split_inside), _Cache(_split_at_end)

    def tokenize(self, text: str) -> list[str]:
        """Split ``text`` into lower-case words, without punctuation."""
        if _UNUSUAL.search(text) is not None:
            text = _LINE_ENDS.sub(" ", text)
            if _REACHES_OVER.search(text) is not None:
                return _words(text + "\n")
        # What stands between spaces has the same words wherever it stands, but for the end of the
        # text, where a line end follows.
        *pieces, last = text.split(" ")
        words = list(chain.from_iterable(map(self._inside.__getitem__, pieces)))
        words += self._at_end[last]
        return words

    def detokenize(self, words: Sequence[str]) -> str:
        """Join ``words`` into a sentence with a capital letter and a full stop.

        The nicest spelling is taken that has exactly these words, so ``tokenize(detokenize(words))
        == words`` for the words of captions.
        """
        return write_sentence(words, self.tokenize)


class _Cache(dict[str, tuple[str, ...]]):
    """Cache of the words of pieces of text: captions repeat few of them very often."""

    LIMIT = 1 << 17

    def __init__(self, split: Callable[[str], Sequence[str]]) -> None:
        super().__init__()
        self._split = split

    def __missing__(self, piece: str) -> tuple[str, ...]:
        if len(self) >= self.LIMIT:
            self.clear()
        words = self[piece] = tuple(self._split(piece))
        return words


def _words(text: str) -> list[str]:
    """Return the tokens of ``text`` that are no punctuation."""
    # Its rules take long to compile, and plain words, of which most captions are, need none.
    from captioner.text.ptb.lexer import lex

    # The field's scorer strips the line of tokens, and with it spaces inside of the last token.
    tokens = " ".join(lex(text)).rstrip().split(" ")
    return [token for token in tokens if token and token not in _PUNCTUATION]


def _split_inside(piece: str) -> Sequence[str]:
    return _split_plain(piece) or _words(piece + " ")


def _split_at_end(piece: str) -> Sequence[str]:
    return _split_plain(piece) or _words(piece + "\n")


def _split_plain(piece: str) -> Sequence[str]:
    """Split what is plainly one word or its genitive; else return nothing."""
    match = _PLAIN.fullmatch(piece)
    if match is None or _KNOWN_BY_HEART.fullmatch(piece):
        return ()
    word = match[1].lower()
    return (word, "'s") if match[2] else (word,)
