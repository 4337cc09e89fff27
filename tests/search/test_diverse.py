"""Diverse beam search against a slow one, against beam search and by hand."""

import pytest
import torch

from captioner.search import (
    Forbidden,
    Memoryless,
    MinimumLength,
    NoRepeatedNgram,
    Wu,
    average,
    beam_search,
    diverse_beam_search,
    unnormalized,
)

BOS, EOS = 0, 1
LENGTHS = {
    "none": (unnormalized, lambda total, words: total),
    "average": (average, lambda total, words: total / words),
    "Wu": (Wu(), lambda total, words: total / ((5 + words) / 6) ** 0.65),
}


@pytest.fixture(params=LENGTHS)
def length(request):
    """Return a length normalization, and the same for two plain numbers."""
    return LENGTHS[request.param]


def searched(model, images, **settings):
    first = torch.full((len(images), 1), BOS)
    return diverse_beam_search(model.step, model.start(images), first, **{"eos": EOS, **settings})


def interleaved(groups, by_hand):
    """Return the best caption of every group, best first, then the second of every group, ..."""
    found = []
    for place in range(max(map(len, groups))):
        rank = [group[place] for group in groups if place < len(group)]
        found += sorted(rank, key=lambda path: -by_hand(sum(path[1]), len(path[0])))
    return found


@pytest.mark.parametrize(("beams", "groups"), [(2, 2), (6, 3), (6, 2), (12, 3), (4, 4)])
@pytest.mark.parametrize("diversity", [0.3, 1.7])
def test_equals_a_slow_search_with_the_hamming_penalty(slow, length, beams, groups, diversity):
    normalize, by_hand = length
    model = slow.Model(words=5, seed=beams)
    images = list(range(12))
    settings = {"max_words": 5, "beams": beams, "groups": groups, "diversity": diversity}
    found = searched(model, images, captions=beams, length=normalize, **settings)
    for image in images:
        expected = slow.beams(model, image, BOS, eos=EOS, length=by_hand, **settings)
        slow.assert_same(slow.paths(found, image, EOS), interleaved(expected, by_hand))


def test_rules_hold_in_every_group(slow):
    def allowed(said, word):
        return word != 4 and word not in said and not (word == EOS and len(said) < 2)

    model = slow.Model(words=6, seed=2, zeros=0.2)
    rules = [Forbidden(torch.tensor([4])), MinimumLength(2, eos=EOS), NoRepeatedNgram(1)]
    settings = {"max_words": 5, "beams": 6, "groups": 3, "diversity": 0.8}
    found = searched(model, list(range(12)), captions=6, rules=rules, **settings)
    for image in range(12):
        groups = slow.beams(
            model, image, BOS, eos=EOS, length=LENGTHS["none"][1], allowed=allowed, **settings
        )
        expected = [path for group in groups for path in group]
        slow.assert_same(sorted(slow.paths(found, image, EOS)), sorted(expected))


def test_the_first_group_is_an_ordinary_beam_search(slow, length):
    model = slow.Model(words=6, seed=7)
    images = list(range(16))
    settings = {"max_words": 6, "length": length[0]}
    found = searched(model, images, beams=6, groups=3, diversity=50.0, captions=6, **settings)
    first = torch.full((16, 1), BOS)
    alone = beam_search(
        model.step, model.start(images), first, eos=EOS, beams=2, captions=2, **settings
    )
    for image in images:
        paths = slow.paths(found, image, EOS)
        for path in slow.paths(alone, image, EOS):
            assert path in paths


def test_one_group_is_beam_search(slow, length):
    model = slow.Model(words=6, seed=8)
    images = list(range(16))
    settings = {"max_words": 6, "beams": 4, "captions": 4, "length": length[0]}
    found = searched(model, images, groups=1, diversity=2.0, **settings)
    first = torch.full((16, 1), BOS)
    other = beam_search(model.step, model.start(images), first, eos=EOS, **settings)
    assert torch.equal(found.words, other.words)
    assert torch.equal(found.word_scores, other.word_scores)
    assert other.attention is not None
    assert torch.equal(found.attention, other.attention)


def test_without_a_penalty_all_groups_are_equal(slow):
    model = slow.Model(words=6, seed=8)
    found = searched(
        model, list(range(8)), max_words=6, beams=6, groups=3, diversity=0.0, captions=6
    )
    best, second = found.words.unflatten(1, (2, 3)).unbind(1)  # three best, then three second
    assert best.eq(best[:, :1]).all()
    assert second.eq(second[:, :1]).all()
    assert not best[:, 0].eq(second[:, 0]).all(dim=-1).any()


def with_table(table, **settings):
    logits = torch.tensor(table).log()
    return diverse_beam_search(
        lambda words, state: (logits[words], state),
        Memoryless(),
        torch.tensor([[BOS]]),
        **{"eos": EOS, "max_words": 4, **settings},
    )


COLOURS = [  # <bos> <eos> red green blue
    [0.0, 0.0, 0.6, 0.3, 0.1],
    [0.0, 1.0, 0.0, 0.0, 0.0],
    *[[0.0, 1.0, 0.0, 0.0, 0.0]] * 3,
]


def test_a_word_costs_more_the_more_groups_have_said_it():
    # The second group says red if the penalty is below log 2, the third if below log(2) / 2.
    def first_words(diversity):
        found = with_table(COLOURS, beams=3, groups=3, captions=3, diversity=diversity)
        return sorted(found.words[0, :, 0].tolist())

    red, green, blue = 2, 3, 4
    assert first_words(0.3) == [red, red, red]
    assert first_words(0.4) == [red, red, green]
    assert first_words(0.8) == [red, red, green]  # green - 0.8 against red - 0.8 for the third
    assert first_words(5.0) == [red, green, blue]


def test_captions_keep_the_probability_of_the_model():
    found = with_table(COLOURS, beams=3, groups=3, captions=3, diversity=5.0)
    torch.testing.assert_close(found.scores.exp(), torch.tensor([[0.6, 0.3, 0.1]]))


def test_the_end_of_a_caption_is_a_word_that_groups_avoid_but_an_ended_one_says_nothing():
    table = [  # <bos> <eos> x
        [0.0, 0.6, 0.4],
        [0.0, 1.0, 0.0],
        [0.0, 0.55, 0.45],
    ]
    # Step 1: <eos> | x. Step 2: the first group is silent, so the second may end at no cost.
    found = with_table(table, beams=2, groups=2, captions=2, diversity=1.0)
    assert found.words.tolist() == [[[EOS, EOS], [2, EOS]]]


def test_dead_rows_of_small_vocabularies_say_nothing():
    table = [[0.0, 0.6, 0.4], [0.0, 1.0, 0.0], [0.0, 0.9, 0.1]]
    found = with_table(table, beams=10, groups=2, captions=10, diversity=0.01, max_words=2)
    # "", "x", "x x" in both groups; the rest does not exist
    assert found.scores[0].gt(-torch.inf).tolist() == [True] * 6 + [False] * 4
    assert found.words[0, 1::2][:3].tolist() == [[EOS, EOS], [2, EOS], [2, 2]]


def test_a_caption_that_dies_says_nothing_to_later_groups():
    word, a, b, c, d, bos = 0, 2, 3, 4, 5, 6
    table = torch.zeros(7, 7)
    table[bos, [a, b, c, d]] = torch.tensor([0.5, 0.3, 0.15, 0.05])
    table[a, EOS] = 1.0
    table[b, b] = 1.0  # which the rule forbids: "b" dies, with some word of score -inf
    table[[c, d], word] = 0.6
    table[[c, d], b] = 0.4
    found = diverse_beam_search(
        lambda words, state: (table.log()[words], state),
        Memoryless(),
        torch.tensor([[bos]]),
        eos=EOS,
        max_words=2,
        beams=4,
        groups=2,
        diversity=5.0,
        captions=4,
        rules=[NoRepeatedNgram(1)],
    )
    assert found.words.tolist() == [[[a, EOS], [c, word], [c, b], [EOS, EOS]]]
    torch.testing.assert_close(found.scores.exp(), torch.tensor([[0.5, 0.09, 0.06, 0.0]]))


def test_where_all_words_are_forbidden_captions_are_dead():
    found = with_table(COLOURS, beams=4, groups=2, captions=4, rules=[Forbidden(torch.arange(5))])
    assert found.scores.eq(-torch.inf).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beams": 4, "groups": 3}, "groups: expected a divisor of 4, .* found 3"),
        ({"beams": 4, "groups": 0}, "groups: expected a divisor of 4, .* found 0"),
        ({"diversity": -0.1}, "diversity: expected at least 0, .*found -0.1"),
        ({"diversity": float("nan")}, "diversity: expected at least 0, .*found nan"),
        ({"diversity": float("inf")}, "diversity: expected at least 0, .*found inf"),
        ({"beams": 2, "groups": 1, "captions": 3}, "captions: expected 1 to 2, .* found 3"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        with_table(COLOURS, **settings)
