"""Beam search against exhaustive search, a slow beam search and tables made by hand."""

import pytest
import torch

from captioner.search import (
    Forbidden,
    Memoryless,
    MinimumLength,
    NoDanglingEnding,
    NoRepeatedNgram,
    Wu,
    average,
    beam_search,
    greedy_search,
    unnormalized,
)

BOS, EOS = 0, 1
LENGTHS = {
    "none": (unnormalized, lambda total, words: total),
    "average": (average, lambda total, words: total / words),
    "Wu 0.65": (Wu(), lambda total, words: total / ((5 + words) / 6) ** 0.65),
    "Wu 2": (Wu(2.0), lambda total, words: total / ((5 + words) / 6) ** 2),
}


@pytest.fixture(params=LENGTHS)
def length(request):
    """Return a length normalization, and the same for two plain numbers."""
    return LENGTHS[request.param]


def searched(model, images, **settings):
    first = torch.full((len(images), 1), BOS)
    return beam_search(model.step, model.start(images), first, **{"eos": EOS, **settings})


def with_table(table, first=BOS, **settings):
    """Search a table of transitions; return what was found and how often the model was asked."""
    logits, calls = torch.tensor(table).log(), []

    def step(words, state):
        calls.append(tuple(words.shape))
        return logits[words], state

    start = torch.as_tensor(first).reshape(-1, 1)
    return beam_search(step, Memoryless(), start, **{"eos": EOS, **settings}), calls


# ---- exactness


@pytest.mark.parametrize(("beams", "zeros"), [(121, 0.0), (400, 0.3)])
def test_a_beam_that_holds_every_prefix_is_exhaustive_search(slow, length, beams, zeros):
    normalize, by_hand = length
    model = slow.Model(words=4, seed=3, zeros=zeros)
    found = searched(model, [5, 2], max_words=4, beams=beams, captions=beams, length=normalize)
    assert found.words.shape[:2] == (2, beams)
    for place, image in enumerate([5, 2]):
        expected = slow.all_captions(model, image, BOS, eos=EOS, max_words=4)
        assert len(expected) == 121 or (zeros and 10 < len(expected) < 121)
        expected.sort(key=lambda path: -by_hand(sum(path[1]), len(path[0])))
        slow.assert_same(slow.paths(found, place, EOS), expected)
        assert found.scores[place, len(expected) :].eq(-torch.inf).all()


@pytest.mark.parametrize(("words", "max_words"), [(2, 1), (2, 7), (3, 1), (3, 5), (6, 3)])
def test_the_best_of_every_prefix_are_the_best_of_all(slow, length, words, max_words):
    """Few captions are asked for, so images may stop early; that must not change them."""
    normalize, by_hand = length
    model = slow.Model(words=words, seed=words)
    images = list(range(12))
    settings = {"max_words": max_words, "beams": 300, "length": normalize}
    for captions in (1, 2):
        found = searched(model, images, captions=captions, **settings)
        for image in images:
            expected = slow.all_captions(model, image, BOS, eos=EOS, max_words=max_words)
            expected.sort(key=lambda path: -by_hand(sum(path[1]), len(path[0])))
            slow.assert_same(slow.paths(found, image, EOS), expected[:captions])


@pytest.mark.parametrize("beams", [1, 2, 5, 8])
@pytest.mark.parametrize("zeros", [0.0, 0.4])
def test_equals_a_slow_beam_search(slow, length, beams, zeros):
    normalize, by_hand = length
    model = slow.Model(words=5, seed=beams, zeros=zeros)
    images = list(range(10))
    settings = {"max_words": 6, "beams": beams, "length": normalize}
    every = searched(model, images, captions=beams, **settings)
    best = searched(model, images, captions=1, **settings)
    for image in images:
        (expected,) = slow.beams(
            model, image, BOS, eos=EOS, max_words=6, beams=beams, length=by_hand
        )
        slow.assert_same(slow.paths(every, image, EOS), expected)
        slow.assert_same(slow.paths(best, image, EOS), expected[:1])


def test_a_finished_caption_is_not_lost_to_unfinished_ones():
    table = [  # <bos> <eos> x y: "x" ends well, and what begins better ends badly
        [0.0, 0.0, 0.3, 0.7],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.9, 0.1, 0.0],
        [0.0, 0.0, 0.5, 0.5],
    ]
    for beams in (2, 3):
        found, _ = with_table(table, max_words=4, beams=beams, length=average, captions=1)
        every, _ = with_table(table, max_words=4, beams=9**4, length=average, captions=1)
        assert found.words.tolist() == every.words.tolist()


@pytest.mark.parametrize("beams", [2, 3, 5])
def test_no_caption_that_was_finished_in_the_beam_is_better_than_the_best(slow, length, beams):
    normalize, by_hand = length
    model = slow.Model(words=6, seed=40 + beams, zeros=0.1)
    images = list(range(60))
    settings = {"max_words": 7, "beams": beams}
    best = searched(model, images, captions=1, length=normalize, **settings)
    for image in images:
        (ever,) = slow.beams(model, image, BOS, eos=EOS, length=by_hand, keep=10**6, **settings)
        ((words, scores),) = slow.paths(best, image, EOS)
        rank = by_hand(sum(scores), len(words))
        assert rank >= max(by_hand(sum(s), len(w)) for w, s in ever) - 1e-5


def test_rules_strike_captions_out_of_an_exhaustive_search(slow, length):
    normalize, by_hand = length
    model = slow.Model(words=5, seed=1)
    rules = [
        Forbidden(torch.tensor([4])),
        MinimumLength(2, eos=EOS),
        NoRepeatedNgram(1),
        NoDanglingEnding(torch.tensor([3]), eos=EOS, max_words=4),
    ]

    def allowed(said, word):
        too_short = word == EOS and len(said) < 2
        dangling = (word == EOS and said[-1:] == [3]) or (word == 3 and len(said) == 3)
        return word != 4 and word not in said and not too_short and not dangling

    found = searched(
        model, [0, 1], max_words=4, beams=200, captions=200, length=normalize, rules=rules
    )
    for image in (0, 1):
        expected = slow.all_captions(model, image, BOS, eos=EOS, max_words=4, allowed=allowed)
        expected.sort(key=lambda path: -by_hand(sum(path[1]), len(path[0])))
        assert expected
        slow.assert_same(slow.paths(found, image, EOS), expected)


# ---- one beam


RULES = {
    "none": [],
    "forbidden": [Forbidden(torch.tensor([0, 3]))],
    "minimum": [MinimumLength(4, eos=EOS)],
    "unigrams": [NoRepeatedNgram(1)],
    "bigrams": [NoRepeatedNgram(2), MinimumLength(3, eos=EOS)],
    "endings": [NoDanglingEnding(torch.tensor([2, 3]), eos=EOS, max_words=8)],
    "everything": [Forbidden(torch.arange(6))],
}


@pytest.mark.parametrize("rules", RULES.values(), ids=list(RULES))
def test_one_beam_is_greedy_search(slow, length, rules):
    model = slow.Model(words=6, seed=9, zeros=0.2)
    images = list(range(24))
    one = searched(model, images, max_words=8, beams=1, length=length[0], rules=rules)
    other = greedy_search(
        model.step,
        model.start(images),
        torch.full((24, 1), BOS),
        eos=EOS,
        max_words=8,
        rules=rules,
    )
    assert torch.equal(one.words, other.words)
    assert torch.equal(one.word_scores, other.word_scores)
    assert other.attention is not None
    assert torch.equal(one.attention, other.attention)


# ---- by hand


def test_finds_what_greedy_search_misses():
    table = [  # <bos> <eos> a the cat
        [0.0, 0.0, 0.6, 0.4, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 0.5, 0.0, 0.0, 0.5],
        [0.0, 0.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 0.0, 0.0, 0.0],
    ]
    found, _ = with_table(table, max_words=5, beams=2, captions=2)
    # "the cat" 0.4; "a" and "a cat" 0.3 each, of which the one that ended first was ahead
    assert found.words.tolist() == [[[3, 4, EOS], [2, EOS, EOS]]]
    torch.testing.assert_close(found.scores.exp(), torch.tensor([[0.4, 0.3]]))


def test_of_equals_the_lower_word_and_the_better_parent_come_first():
    third = 1 / 3
    table = [  # <bos> <eos> x y z: every word as likely as every other, never <eos>
        [0.0, 0.0, third, third, third],
        [0.0, 1.0, 0.0, 0.0, 0.0],
        *[[0.0, 0.0, third, third, third]] * 3,
    ]
    found, _ = with_table(table, max_words=3, beams=4, captions=4)
    x, y, z = 2, 3, 4
    # the beam holds x y z; then xx xy xz yx; then the first four of their continuations
    assert found.words.tolist() == [[[x, x, x], [x, x, y], [x, x, z], [x, y, x]]]


def test_a_finished_caption_that_beats_all_that_is_alive_ends_the_search():
    table = [  # <bos> <eos> x
        [0.0, 0.9, 0.1],
        [0.0, 1.0, 0.0],
        [0.0, 0.5, 0.5],
    ]
    found, calls = with_table(table, max_words=9, beams=2)
    assert found.words.tolist() == [[[EOS]]]
    assert calls == [(1, 1)]  # "" 0.9 against "x.." at most 0.1
    found, calls = with_table(table, max_words=9, beams=3, captions=2)
    assert found.words.tolist() == [[[EOS, EOS], [2, EOS]]]
    assert len(calls) == 3  # after two words "x" 0.05 does not beat "x x.." 0.05
    table[2] = [0.0, 0.6, 0.4]
    _, calls = with_table(table, max_words=9, beams=3, captions=2)
    assert len(calls) == 2
    _, calls = with_table(table, max_words=2, beams=3, captions=2)
    assert len(calls) == 2


def test_the_average_may_be_improved_by_words_to_come():
    table = [  # <bos> <eos> x y
        [0.0, 0.5, 0.5, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 0.0, 0.0],
    ]
    total, _ = with_table(table, max_words=5, beams=2)
    mean, _ = with_table(table, max_words=5, beams=2, length=average)
    assert total.words.tolist() == [[[EOS]]]  # "x y" is as likely, but was not ahead
    assert mean.words.tolist() == [[[2, 3, EOS]]]
    assert mean.scores.exp().item() == pytest.approx(0.5)  # not divided by the length


def test_captions_are_cut_at_the_greatest_length():
    loop = [[0.0, 0.1, 0.9], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9]]
    found, calls = with_table(loop, max_words=3, beams=3, captions=3)
    assert found.words.tolist() == [[[2, 2, 2], [EOS, EOS, EOS], [2, EOS, EOS]]]
    torch.testing.assert_close(found.scores.exp(), torch.tensor([[0.729, 0.1, 0.09]]))
    assert len(calls) == 3


def test_minimum_length_delays_the_end():
    table = [[0.0, 0.8, 0.2], [0.0, 1.0, 0.0], [0.0, 0.8, 0.2]]
    found, _ = with_table(table, max_words=5, beams=3, rules=[MinimumLength(2, eos=EOS)])
    assert found.words.tolist() == [[[2, 2, EOS]]]
    assert found.scores.exp().item() == pytest.approx(0.2 * 0.2 * 0.8)  # nothing is scaled anew


def test_images_of_a_batch_are_searched_apart():
    table = [[0.0, 0.6, 0.4], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9]]
    found, calls = with_table(table, first=[0, 2, 0], max_words=4, beams=2)
    assert found.words[:, 0].tolist() == [[EOS] * 4, [2] * 4, [EOS] * 4]
    assert calls[0] == (3, 1)
    assert calls[-1][0] == 1  # the others have left


# ---- nothing to say


def test_no_caption_is_returned_twice_where_there_are_too_few():
    table = [[0.0, 0.2, 0.5, 0.3], [0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    found, calls = with_table(table, first=[0, 0], max_words=9, beams=8, captions=8)
    expected = torch.tensor([0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0])
    torch.testing.assert_close(found.scores.exp(), expected.expand(2, -1))
    assert found.words[0, :3].tolist() == [[2, EOS], [3, EOS], [EOS, EOS]]
    assert len(calls) == 2


def test_where_all_words_are_forbidden_captions_are_dead():
    table = [[0.2, 0.4, 0.4]] * 3
    found, _ = with_table(
        table, first=[0, 0], max_words=4, beams=3, captions=2, rules=[Forbidden(torch.arange(3))]
    )
    assert found.words.eq(EOS).all()
    assert found.scores.eq(-torch.inf).all()
    assert not found.scores.isnan().any()


def test_a_dead_end_does_not_kill_the_other_beams():
    # "x x" has no way on, as 2 may not be said twice in a row; "y" has
    table = [[0.0, 0.0, 0.9, 0.1], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    found, _ = with_table(table, max_words=4, beams=2, captions=2, rules=[NoRepeatedNgram(1)])
    assert found.words[0, 0].tolist() == [3, EOS]
    assert found.scores[0, 0].exp().item() == pytest.approx(0.1)
    assert found.scores[0, 1].item() == -torch.inf


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_half_precision_scores_are_summed_in_single(slow, dtype):
    model = slow.Model(words=5, seed=4)

    def step(words, state):
        logits, state = model.step(words, state)
        return logits.to(dtype), state

    first = torch.full((3, 1), BOS)
    found = beam_search(step, model.start([0, 1, 2]), first, eos=EOS, max_words=5, beams=3)
    assert found.word_scores.dtype == torch.float32
    for image in range(3):
        words, scores = slow.paths(found, image, EOS)[0]
        said = [BOS]
        for word, score in zip(words, scores, strict=True):
            row = torch.tensor(model.log_probs(image, said)).to(dtype).float().log_softmax(-1)
            assert score == pytest.approx(row[word].item(), abs=1e-6)
            said.append(word)


@pytest.mark.parametrize("captions", [0, 4])
def test_refuses_more_captions_than_beams(captions):
    with pytest.raises(ValueError, match=f"captions: expected 1 to 3, .* found {captions}"):
        with_table([[0.5, 0.5]] * 2, max_words=2, beams=3, captions=captions)


def test_refuses_captions_of_no_words():
    with pytest.raises(ValueError, match="max_words: expected at least 1, found 0"):
        with_table([[0.5, 0.5]] * 2, max_words=0)
