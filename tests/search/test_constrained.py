"""Constrained beam search against all captions that contain the words."""

import itertools

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
    constrained_beam_search,
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
    return constrained_beam_search(
        model.step, model.start(images), first, **{"eos": EOS, **settings}
    )


def with_table(table, **settings):
    logits, calls = torch.tensor(table).log(), []

    def step(words, state):
        calls.append(tuple(words.shape))
        return logits[words], state

    first = torch.tensor([[BOS]])
    found = constrained_beam_search(step, Memoryless(), first, **{"eos": EOS, **settings})
    return found, calls


def ended_or_cut_with(paths, required, by_hand):
    having = [path for path in paths if set(required) <= set(path[0])]
    return sorted(having, key=lambda path: -by_hand(sum(path[1]), len(path[0])))


@pytest.mark.parametrize("required", [[2], [3], [4, 2], [0, 2], [2, 3, 4], [4, 3, 0]], ids=str)
def test_a_wide_beam_finds_the_best_of_all_captions_with_the_words(slow, length, required):
    normalize, by_hand = length
    model = slow.Model(words=5, seed=sum(required), zeros=0.1 * len(required) - 0.1)
    images = [3, 8]
    settings = {"max_words": 4, "beams": 350, "length": normalize, "required": required}
    every = searched(model, images, captions=350, **settings)
    best = searched(model, images, captions=2, **settings)
    for place, image in enumerate(images):
        paths = slow.all_captions(model, image, BOS, eos=EOS, max_words=4)
        expected = ended_or_cut_with(paths, required, by_hand)
        assert len(expected) > 1
        slow.assert_same(slow.paths(every, place, EOS), expected)
        slow.assert_same(slow.paths(best, place, EOS), expected[:2])


def test_rules_hold_too(slow):
    def allowed(said, word):
        return word != 5 and said[-1:] != [word] and not (word == EOS and len(said) < 3)

    class NoStutter:
        def __call__(self, log_probs, words):
            if words.size(-1):
                log_probs.scatter_(-1, words[..., -1:], -torch.inf)

    model = slow.Model(words=6, seed=2)
    rules = [Forbidden(torch.tensor([5])), MinimumLength(3, eos=EOS), NoStutter()]
    found = searched(
        model, [0, 7], max_words=4, beams=600, captions=600, required=[3, 2], rules=rules
    )
    for place, image in enumerate([0, 7]):
        paths = slow.all_captions(model, image, BOS, eos=EOS, max_words=4, allowed=allowed)
        expected = ended_or_cut_with(paths, [3, 2], LENGTHS["none"][1])
        slow.assert_same(slow.paths(found, place, EOS), expected)


@pytest.mark.parametrize("beams", [1, 2, 3])
@pytest.mark.parametrize("required", [[2], [6, 3], [5, 2, 7]], ids=str)
def test_narrow_beams_say_the_words_in_time(slow, beams, required):
    model = slow.Model(words=8, seed=beams)
    model.table[:, required] -= 12.0  # the model would never say them
    model.table = model.table.log_softmax(dim=-1)
    model.lists = model.table.tolist()
    images = list(range(12))
    for max_words in (len(required), len(required) + 1, 9):
        found = searched(
            model, images, max_words=max_words, beams=beams, captions=beams, required=required
        )
        for image in images:
            paths = slow.paths(found, image, EOS)
            assert paths
            assert len({tuple(words) for words, _ in paths}) == len(paths)
            for words, scores in paths:
                assert set(required) <= set(words)
                prefixes = [[BOS, *words[:t]] for t in range(len(words))]
                expected = [
                    model.log_probs(image, prefix)[word]
                    for prefix, word in zip(prefixes, words, strict=True)
                ]
                assert scores == pytest.approx(expected, abs=1e-4)


def test_all_the_words_that_fit_in_any_order(slow):
    model = slow.Model(words=6, seed=5)
    required = [4, 2, 5]
    found = searched(model, [1], max_words=3, beams=6, captions=6, required=required)
    expected = ended_or_cut_with(
        slow.all_captions(model, 1, BOS, eos=EOS, max_words=3), required, LENGTHS["none"][1]
    )
    assert sorted(words for words, _ in expected) == sorted(
        map(list, itertools.permutations([2, 4, 5]))
    )
    slow.assert_same(slow.paths(found, 0, EOS), expected)


def test_without_required_words_it_is_beam_search(slow, length):
    model = slow.Model(words=7, seed=5, zeros=0.2)
    images = list(range(16))
    settings = {"max_words": 6, "beams": 4, "captions": 4, "length": length[0]}
    found = searched(model, images, required=[], **settings)
    first = torch.full((16, 1), BOS)
    other = beam_search(model.step, model.start(images), first, eos=EOS, **settings)
    assert torch.equal(found.words, other.words)
    assert torch.equal(found.word_scores, other.word_scores)
    assert other.attention is not None
    assert torch.equal(found.attention, other.attention)


def test_a_word_that_the_model_says_anyway_changes_nothing():
    table = [  # <bos> <eos> a dog
        [0.0, 0.0, 0.9, 0.1],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.1, 0.0, 0.9],
        [0.0, 0.9, 0.1, 0.0],
    ]
    for required in ([], [2], [3], [2, 3]):
        found, _ = with_table(table, max_words=6, beams=3, required=required)
        assert found.words.tolist() == [[[2, 3, EOS]]]
        assert found.scores.exp().item() == pytest.approx(0.9**3)


def test_a_word_is_said_in_the_last_place_if_only_there_it_can_be():
    table = [  # <bos> <eos> a b dog: dog comes after b only, b after a only
        [0.0, 0.5, 0.5, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 0.5, 0.0, 0.5, 0.0],
        [0.0, 0.99, 0.0, 0.0, 0.01],
        [0.0, 1.0, 0.0, 0.0, 0.0],
    ]
    found, _ = with_table(table, max_words=3, beams=2, required=[4])
    assert found.words.tolist() == [[[2, 3, 4]]]
    assert found.scores.exp().item() == pytest.approx(0.5 * 0.5 * 0.01)
    found, _ = with_table(table, max_words=2, beams=2, required=[4])
    assert found.scores.item() == -torch.inf  # out of reach, and no error


def test_stops_when_what_lacks_words_cannot_win():
    table = [  # <bos> <eos> dog x
        [0.0, 0.1, 0.8, 0.1],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.9, 0.0, 0.1],
        [0.0, 0.4, 0.3, 0.3],
    ]
    found, calls = with_table(table, max_words=9, beams=2, required=[2])
    assert found.words.tolist() == [[[2, EOS]]]
    assert len(calls) == 2


def test_words_that_rules_forbid_cannot_be_said():
    found, _ = with_table(
        [[0.25] * 4] * 4, max_words=4, beams=2, required=[2], rules=[Forbidden(torch.tensor([2]))]
    )
    assert found.scores.item() == -torch.inf
    found, _ = with_table(
        [[0.25] * 4] * 4, max_words=4, beams=2, required=[2, 3], rules=[NoRepeatedNgram(1)]
    )
    assert found.scores.item() > -torch.inf


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"required": [2, 3, 0], "max_words": 2}, "required: expected at most 2 words, .* found 3"),
        ({"required": [2, 2]}, r"required: expected different words without eos, found \[2, 2\]"),
        ({"required": [2, EOS]}, r"required: expected different words without eos, found \[2, 1\]"),
        ({"required": [2], "captions": 9}, "captions: expected 1 to 5, .* found 9"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        with_table([[0.25] * 4] * 4, **{"max_words": 4, **settings})
