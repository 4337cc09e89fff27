"""What words and rules leave to say: refused if nothing, and else what gives way is named."""

import math
from typing import Any

import pytest
import torch

from captioner.decoders import LSTMDecoder
from captioner.errors import CaptionerError
from captioner.models.generation import generate
from captioner.models.search_settings import SearchSettings, Words
from captioner.models.word_constraints import resolve_words, unknown_words
from captioner.text import PTBTokenizer, Vocabulary

VOCABULARY = Vocabulary(["with", "dog", "n't"])
TOKENIZER = PTBTokenizer()


def fitted(**settings):
    return resolve_words(SearchSettings(**settings), VOCABULARY, TOKENIZER)


def test_words_are_those_of_the_tokenizer_each_once():
    forbidden = Words(["Dog", "dog", "n't", "zebra"])
    assert fitted(forbidden_words=forbidden).forbidden_words == ["dog", "n't"]
    settings = SearchSettings(forbidden_words=forbidden)
    assert unknown_words(settings, VOCABULARY, TOKENIZER) == ["zebra"]
    assert fitted(required_words=Words(["DOG"])).required_words == ["dog"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"forbidden_words": ["don't"]}, "found \"don't\", the 2 words do and n't"),
        ({"required_words": ["..."]}, r"required_words: .* found '\.\.\.', none"),
        ({"required_words": ["<unk>"]}, "words that the captioner knows, found '<unk>'"),
        (
            {"required_words": ["dog"], "forbidden_words": ["Dog"]},
            "forbidden_words: expected none of the required words, found 'dog'",
        ),
        (
            {"forbidden_words": ["with", "dog", "n't"]},
            "forbidden_words: expected to leave a word .* found all 3 words forbidden",
        ),
        (
            {"no_repeat_ngram": 1, "min_words": 4},
            "min_words: expected at most 3, which 3 words can fill with no_repeat_ngram 1, found 4",
        ),
        (
            {"no_repeat_ngram": 2, "min_words": 6, "forbidden_words": ["n't"]},
            "min_words: expected at most 5, which 2 words",
        ),
        (
            {"no_dangling_ending": True, "required_words": ["with"], "max_words": 1},
            "no_dangling_ending: expected a word that can end a caption among the required",
        ),
        (
            {"no_dangling_ending": True, "forbidden_words": ["n't", "dog"]},
            "no_dangling_ending: expected a word that can end a caption and is not forbidden",
        ),
    ],
)
def test_what_no_caption_can_meet_is_refused(settings, sentence):
    with pytest.raises(CaptionerError, match=sentence):
        fitted(**settings)


def test_a_vocabulary_of_no_words_blames_no_word_that_is_forbidden():
    with pytest.raises(CaptionerError, match=r"vocabulary: expected a word .* data\.min_count"):
        resolve_words(SearchSettings(), Vocabulary([]), TOKENIZER)


def test_the_longest_caption_without_a_repeated_ngram_is_not_refused():
    assert fitted(no_repeat_ngram=1, min_words=3)
    assert fitted(no_repeat_ngram=2, min_words=10)
    assert fitted(no_repeat_ngram=10**20, min_words=10)  # at once: their number is not counted


SEARCHES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beams": 2, "captions": 2},
    "groups": {"beams": 2, "groups": 2, "captions": 2},
    "constrained": {"beams": 2, "required_words": ["dog"]},
    "sampling": {"temperature": 1.0, "captions": 3},
}
HARD: dict[
    str, dict[str, Any]
] = {  # a few captions meet each of these, and most beginnings lead to none of them
    "ngram": {"no_repeat_ngram": 2, "min_words": 9, "max_words": 12},
    "words": {"no_repeat_ngram": 1, "min_words": 3, "max_words": 4, "no_dangling_ending": True},
    "nothing": {"min_words": 2, "max_words": 5},
}


def broken(words, settings):
    """Return the names of the rules that a caption breaks, counted out."""
    n = settings.no_repeat_ngram
    ngrams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)] if n else []
    found = {
        "no_dangling_ending": settings.no_dangling_ending and words[-1] == "with",
        "no_repeat_ngram": len({*ngrams}) < len(ngrams),
        "min_words": len(words) < settings.min_words,
    }
    return {name for name, is_broken in found.items() if is_broken}


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("hard", HARD)
def test_no_caption_is_empty_and_what_gave_way_is_named(search, hard):
    torch.manual_seed(3)
    sizes: dict[str, Any] = {"embedding_size": 8, "hidden_size": 8, "attention_size": 4}
    decoder = LSTMDecoder(len(VOCABULARY), 5, dropout=0.0, **sizes).eval()
    with torch.no_grad():
        decoder.output.weight *= 8
    images = torch.randn(24, 4, 5)
    settings = SearchSettings(**SEARCHES[search], **HARD[hard])
    order = ["no_dangling_ending", "no_repeat_ngram", "min_words"]
    used = [name for name in order if getattr(settings, name) > (name == "min_words")]
    found = generate([decoder], [images], VOCABULARY, TOKENIZER, settings, None, images)
    assert len(found) == len(images)
    for captions in found:
        assert captions
        gave_way = captions[0].gave_way
        assert list(gave_way) == used[: len(gave_way)]
        for caption in captions:
            assert caption.words
            assert caption.text
            assert math.isfinite(caption.log_probability)
            assert caption.gave_way == gave_way
            assert broken(caption.words, settings) <= {*gave_way}
            assert {*settings.required_words} <= {*caption.words}
        if settings.temperature is None:
            assert len({tuple(caption.words) for caption in captions}) == len(captions)
    if hard == "nothing":
        assert not any(captions[0].gave_way for captions in found)
    if hard == "ngram":
        assert any(captions[0].gave_way for captions in found)
