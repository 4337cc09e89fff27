"""Word constraints of a search: required and forbidden words, resolved and checked."""

from __future__ import annotations

from dataclasses import replace

from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings, Words
from captioner.text import Tokenizer, Vocabulary
from captioner.text.endings import DANGLING


def resolve_words(
    settings: SearchSettings, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> SearchSettings:
    """Return settings whose words are in a captioner's own spelling: "Blue" becomes "blue".

    Forbidden words that it does not know are left out, as it never says them.

    Args:
        settings: How to search, with words as people write them.
        vocabulary: What the captioner can say.
        tokenizer: What its words come from.

    Raises:
        CaptionerError: If a word is not one to the tokenizer, a required one is unknown or
            forbidden, or no caption of these words can meet the other settings.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> settings = SearchSettings(forbidden_words=Words(["Dog", "zebra"]))
        >>> resolve_words(settings, Vocabulary(["a", "dog"]), PTBTokenizer()).forbidden_words
        ['dog']
    """
    required = _tokenized("required_words", settings, vocabulary, tokenizer)
    if unknown := [word for word in required if word not in vocabulary]:
        raise CaptionerError(
            f"required_words: expected words that the captioner knows, found {unknown[0]!r}"
        )
    forbidden = _tokenized("forbidden_words", settings, vocabulary, tokenizer)
    if both := [word for word in forbidden if word in required]:
        raise CaptionerError(
            f"forbidden_words: expected none of the required words, found {both[0]!r}"
        )
    known = Words(word for word in forbidden if word in vocabulary)
    resolved = replace(settings, forbidden_words=known, required_words=required)
    _check_satisfiable(resolved, vocabulary)
    return resolved


def unknown_words(
    settings: SearchSettings, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> list[str]:
    """Return the forbidden words that the captioner does not know, and so never says."""
    forbidden = _tokenized("forbidden_words", settings, vocabulary, tokenizer)
    return [word for word in forbidden if word not in vocabulary]


def _tokenized(
    name: str, settings: SearchSettings, vocabulary: Vocabulary, tokenizer: Tokenizer
) -> Words:
    """Return each of some words as the one word that the tokenizer makes of it."""
    tokenized = Words()
    for written in getattr(settings, name):
        words = [written] if written in vocabulary else tokenizer.tokenize(written)
        if len(words) != 1:
            found = f", the {len(words)} words {' and '.join(words)}" if words else ", none"
            raise CaptionerError(
                f"{name}: expected each to be one word to the captioner, found {written!r}{found}"
            )
        tokenized += [word for word in words if word not in tokenized]
    return tokenized


def _check_satisfiable(settings: SearchSettings, vocabulary: Vocabulary) -> None:
    """Refuse settings that no caption can meet, whatever the picture."""
    words = {*vocabulary.words[len(vocabulary.SPECIAL) :]} - {*settings.forbidden_words}
    if settings.min_words and not words and not settings.forbidden_words:
        raise CaptionerError(
            "vocabulary: expected a word that the captioner can say, found none that occurs"
            " data.min_count times in training"
        )
    if settings.min_words and not words:
        raise CaptionerError(
            "forbidden_words: expected to leave a word that the captioner can say, found all"
            f" {len(settings.forbidden_words)} words forbidden"
        )
    n = settings.no_repeat_ngram
    # A sequence that has every n-gram once is the longest without a repeated one (de Bruijn).
    # One that is as long as n words has no second, whatever n is.
    if 0 < n < settings.min_words > (longest := len(words) ** n + n - 1):
        raise CaptionerError(
            f"min_words: expected at most {longest}, which {len(words)} words can fill with"
            f" no_repeat_ngram {n}, found {settings.min_words}"
        )
    filling = len(settings.required_words) == settings.max_words
    if settings.no_dangling_ending and {*settings.required_words} <= DANGLING and filling:
        raise CaptionerError(
            f"no_dangling_ending: expected a word that can end a caption among the required words,"
            f" which fill max_words {settings.max_words}, found none"
        )
    if settings.no_dangling_ending and settings.min_words and words <= DANGLING:
        raise CaptionerError(
            "no_dangling_ending: expected a word that can end a caption and is not forbidden, found"
            " none"
        )
