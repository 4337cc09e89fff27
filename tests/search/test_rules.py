"""What may not be said, against rules spelled out in plain Python."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from captioner.search import Forbidden, MinimumLength, NoDanglingEnding, NoRepeatedNgram

V, EOS = 6, 1


def struck_out(rule, words):
    """Return for each row (B, K, t) the words that may not follow; the others keep their score."""
    generator = torch.Generator().manual_seed(0)
    before = torch.randn(*words.shape[:2], V, generator=generator)
    after = before.clone()
    assert rule(after, words) is None
    gone = after == -torch.inf
    assert torch.equal(after[~gone], before[~gone])
    return [[{v for v in range(V) if row[v]} for row in image] for image in gone.tolist()]


def rows(max_words):
    """Return captions (B, K, t) of a few words, so that many repeat."""
    word = st.integers(0, V - 1)
    shape = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(0, max_words))

    def filled(shape):
        size = shape[0] * shape[1] * shape[2]
        return st.lists(word, min_size=size, max_size=size).map(
            lambda words: torch.tensor(words, dtype=torch.long).reshape(shape)
        )

    return shape.flatmap(filled)


@given(rows(14), st.integers(1, 4))
def test_no_sequence_is_said_twice(words, n):
    found = struck_out(NoRepeatedNgram(n), words)
    for image, rows_ in zip(words.tolist(), found, strict=True):
        for said, gone in zip(image, rows_, strict=True):
            for word in range(V):
                longer = [*said, word]
                new = longer[len(longer) - n :] if len(longer) >= n else None
                old = [said[i : i + n] for i in range(len(said) - n + 1)]
                assert (word in gone) == (new in old)


@given(rows(6), st.sets(st.integers(0, V - 1)))
def test_forbidden_words_are_never_said(words, forbidden):
    rule = Forbidden(torch.tensor(sorted(forbidden), dtype=torch.long))
    assert struck_out(rule, words) == [[forbidden] * words.size(1)] * words.size(0)


@given(rows(6), st.integers(0, 8))
def test_no_caption_ends_too_early(words, min_words):
    gone = {EOS} if words.size(-1) < min_words else set()
    expected = [[gone] * words.size(1)] * words.size(0)
    assert struck_out(MinimumLength(min_words, eos=EOS), words) == expected


@given(rows(5), st.sets(st.sampled_from([0, 2, 3, 4])), st.integers(1, 8))
def test_no_caption_ends_with_a_word_that_asks_for_another(words, dangling, max_words):
    rule = NoDanglingEnding(
        torch.tensor(sorted(dangling), dtype=torch.long), eos=EOS, max_words=max_words
    )
    found = struck_out(rule, words)
    for image, rows_ in zip(words.tolist(), found, strict=True):
        for said, gone in zip(image, rows_, strict=True):
            expected = {EOS} if said[-1:] and said[-1] in dangling else set()
            if len(said) == max_words - 1:  # the word to come is the last
                expected |= dangling
            assert gone == expected


def test_refuses_sequences_of_no_words():
    with pytest.raises(ValueError, match="n: expected at least 1, found 0"):
        NoRepeatedNgram(0)
