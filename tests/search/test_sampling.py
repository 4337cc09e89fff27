"""Samples come as often as they should, and an image's samples are its own."""

import math
from typing import Any

import pytest
import torch

from captioner.search import (
    Forbidden,
    Memoryless,
    MinimumLength,
    NoRepeatedNgram,
    greedy_search,
    sample,
)

BOS, EOS = 0, 1
WORDS = 8
LOGITS = torch.randn(WORDS, WORDS, generator=torch.Generator().manual_seed(5))
DRAWS = 20_000


def drawn(seeds=(0,), table=LOGITS, **settings):
    return sample(
        lambda words, state: (table[words], state),
        Memoryless(),
        torch.full((len(seeds), 1), BOS),
        **{"eos": EOS, "max_words": 1, "seeds": list(seeds), "samples": DRAWS, **settings},
    )


def filtered(probabilities, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """Return the distribution that is left, one word at a time."""
    scaled = [p ** (1 / temperature) for p in probabilities]
    order = sorted(range(len(scaled)), key=lambda word: -scaled[word])
    if top_k:
        order = order[:top_k]
    total, reached, nucleus = sum(scaled[word] for word in order), 0.0, []
    for word in order:
        if reached < top_p:
            nucleus.append(word)
        reached += scaled[word] / total
    kept = [word for word in nucleus if scaled[word] >= min_p * scaled[nucleus[0]]]
    total = sum(scaled[word] for word in kept)
    return [scaled[word] / total if word in kept else 0.0 for word in range(len(scaled))]


# A chi-square variable with that many degrees of freedom exceeds the value once in 1,000 times.
CRITICAL = {1: 10.8, 2: 13.8, 3: 16.3, 4: 18.5, 5: 20.5, 6: 22.5, 7: 24.3, 15: 37.7, 24: 51.2}


def assert_as_often_as(words, probabilities):
    counts = torch.bincount(words.flatten(), minlength=len(probabilities)).tolist()
    assert len(counts) == len(probabilities)
    draws = sum(counts)
    statistic, cells = 0.0, 0
    for count, probability in zip(counts, probabilities, strict=True):
        if probability == 0:
            assert count == 0
            continue
        assert draws * probability > 5, "too few draws for the test"
        statistic += (count - draws * probability) ** 2 / (draws * probability)
        cells += 1
    assert statistic < CRITICAL.get(cells - 1, math.nan if cells > 1 else math.inf)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 2.0},
        {"top_k": 1},
        {"top_k": 3},
        {"top_k": 50},
        {"top_p": 0.6},
        {"top_p": 0.95},
        {"top_p": 1e-6},
        {"min_p": 0.2},
        {"min_p": 1.0},
        {"temperature": 0.7, "top_k": 5, "top_p": 0.9, "min_p": 0.1},
        {"temperature": 3.0, "top_k": 7, "top_p": 0.7, "min_p": 0.3},
        {"temperature": 0.5, "top_p": 0.8},
    ],
    ids=str,
)
def test_words_come_as_often_as_the_distribution_says(settings):
    probabilities = LOGITS[BOS].double().softmax(-1).tolist()
    assert_as_often_as(drawn(**settings).words, filtered(probabilities, **settings))


def test_every_word_depends_on_the_one_before():
    table = LOGITS[:6, :6] / 2
    table[:, EOS] = -torch.inf
    found = drawn(table=table, max_words=2)
    one, two = found.words[0].unbind(-1)
    step = table.double().softmax(-1)
    joint = step[BOS].unsqueeze(1) * step  # P(first) * P(second | first)
    alive = [row for row in range(6) if row != EOS]
    pairs = one.sub(one.gt(EOS).long()) * 5 + two.sub(two.gt(EOS).long())
    assert_as_often_as(pairs, joint[alive][:, alive].flatten().tolist())


def test_the_samples_of_an_image_are_independent_and_so_are_images():
    table = LOGITS[:4, :4] / 2
    p = table[BOS].double().softmax(-1)
    joint = (p.unsqueeze(1) * p).flatten().tolist()
    pairs = drawn(seeds=range(5000), table=table, samples=2).words.squeeze(-1)  # (5000, 2)
    assert_as_often_as(pairs[:, 0] * 4 + pairs[:, 1], joint)
    neighbours = pairs[:, 0].unflatten(0, (2500, 2))
    assert_as_often_as(neighbours[:, 0] * 4 + neighbours[:, 1], joint)


def test_what_rules_forbid_is_never_drawn_and_the_rest_as_often_as_without():
    probabilities = LOGITS[BOS].double().softmax(-1).tolist()
    for word in (2, 5):
        probabilities[word] = 0.0
    total = sum(probabilities)
    found = drawn(rules=[Forbidden(torch.tensor([2, 5]))], top_p=0.9)
    assert_as_often_as(found.words, filtered([p / total for p in probabilities], top_p=0.9))


def test_scores_are_those_of_the_model_whatever_the_temperature(slow):
    model = slow.Model(words=6, seed=3)
    images = [4, 9, 2]
    first = torch.full((3, 1), BOS)
    found = sample(
        model.step,
        model.start(images),
        first,
        eos=EOS,
        max_words=6,
        seeds=images,
        samples=20,
        temperature=2.5,
        top_k=5,
        top_p=0.97,
        min_p=0.001,
        rules=[Forbidden(torch.tensor([0])), MinimumLength(2, eos=EOS)],
    )
    for place, image in enumerate(images):
        for said, scores in slow.paths(found, place, EOS):
            prefixes = [[BOS, *said[:t]] for t in range(len(said))]
            expected = [
                model.log_probs(image, prefix)[word]
                for prefix, word in zip(prefixes, said, strict=True)
            ]
            assert scores == pytest.approx(expected, abs=1e-5)


def test_an_image_draws_the_same_alone_in_a_batch_and_in_any_order(slow):
    model = slow.Model(words=7, seed=1)

    def captions(images):
        return sample(
            model.step,
            model.start(images),
            torch.full((len(images), 1), BOS),
            eos=EOS,
            max_words=9,
            seeds=[1000 + image for image in images],
            samples=3,
            temperature=1.3,
        )

    images = list(range(32))
    together = captions(images)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(0)).tolist()
    shuffled = captions(order)
    for image in images:
        expected = slow.paths(together, image, EOS)
        assert slow.paths(captions([image]), 0, EOS) == expected
        assert slow.paths(shuffled, order.index(image), EOS) == expected
    assert len({tuple(words[0]) for words in together.words.tolist()}) > 16


def test_seeds_decide():
    one, same, other = (drawn(seeds=[seed], samples=50, max_words=5) for seed in (3, 3, 4))
    assert torch.equal(one.words, same.words)
    assert one.words.tolist() != other.words.tolist()


@pytest.mark.parametrize(("draw", "word"), [(0.0, 2), (1 - 2**-53, 4)])
def test_the_least_and_the_greatest_draw_are_words_that_can_be_said(monkeypatch, draw, word):
    monkeypatch.setattr("torch.rand", lambda shape, generator, out: out.fill_(draw))
    table = torch.tensor([[0.0, 0.0, 0.3, 0.3, 0.4, 0.0]]).log()
    found = drawn(table=table, samples=2)
    assert found.words.flatten().tolist() == [word, word]


def test_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    drawn(samples=10)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("temperature", [1e-2, 1e-30, 1e-40])
def test_the_coldest_samples_are_greedy_search(slow, temperature):
    model = slow.Model(words=6, seed=11)
    images = list(range(8))
    first = torch.full((8, 1), BOS)
    settings: dict[str, Any] = {"eos": EOS, "max_words": 6}
    cold = sample(
        model.step,
        model.start(images),
        first,
        seeds=images,
        samples=2,
        temperature=temperature,
        **settings,
    )
    greedy = greedy_search(model.step, model.start(images), first, **settings)
    assert torch.equal(cold.words, greedy.words.expand(-1, 2, -1))
    assert torch.equal(cold.word_scores, greedy.word_scores.expand(-1, 2, -1))


def test_samples_that_have_ended_are_not_touched_by_rules():
    # Every word may be said once, so after a while nothing may follow, not even <eos>.
    table = [[0.0, 0.5, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.5], [0.0, 0.5, 0.5, 0.0]]
    found = drawn(
        table=torch.tensor(table).log(),
        seeds=range(20),
        samples=8,
        max_words=6,
        rules=[NoRepeatedNgram(1), Forbidden(torch.tensor([0]))],
    )
    assert found.scores.isfinite().all()
    sizes = found.lengths(EOS)
    assert {1, 2, 3} <= set(sizes.flatten().tolist())


def test_where_all_words_are_forbidden_samples_are_dead():
    found = drawn(samples=4, max_words=5, rules=[Forbidden(torch.arange(WORDS))])
    assert found.words.tolist() == [[[EOS]] * 4]
    assert found.scores.eq(-torch.inf).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seeds": []}, "seeds: expected one for each of 2 images, found 0"),
        ({"seeds": [1, 2, 3]}, "seeds: expected one for each of 2 images, found 3"),
        ({"samples": 0}, "samples: expected at least 1, found 0"),
        ({"temperature": 0.0}, "temperature: expected above 0, .*found 0.0"),
        ({"temperature": math.nan}, "temperature: expected above 0, .*found nan"),
        ({"temperature": math.inf}, "temperature: expected above 0, .*found inf"),
        ({"top_k": -1}, "top_k: expected at least 0, found -1"),
        ({"top_p": 0.0}, "top_p: expected above 0 to 1, found 0.0"),
        ({"top_p": 1.1}, "top_p: expected above 0 to 1, found 1.1"),
        ({"min_p": -0.1}, "min_p: expected 0 to 1, found -0.1"),
        ({"min_p": 1.1}, "min_p: expected 0 to 1, found 1.1"),
    ],
)
def test_refuses(settings, message):
    with pytest.raises(ValueError, match=message):
        sample(
            lambda words, state: (LOGITS[words], state),
            Memoryless(),
            torch.full((2, 1), BOS),
            **{"eos": EOS, "max_words": 3, "seeds": [1, 2], **settings},
        )
