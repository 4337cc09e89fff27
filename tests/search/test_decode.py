"""What every search owes to the loop: batching, sharing, attention, few questions to the device."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from captioner.decoders import LSTMDecoder
from captioner.search import (
    Forbidden,
    MinimumLength,
    NoDanglingEnding,
    NoRepeatedNgram,
    Wu,
    beam_search,
    constrained_beam_search,
    decode,
    diverse_beam_search,
    greedy_search,
    sample,
)

BOS, EOS = 0, 1
SEARCHES: dict[str, tuple[Any, dict[str, Any], int]] = {
    "greedy": (greedy_search, {}, 1),
    "beam": (beam_search, {"beams": 4, "captions": 3, "length": Wu()}, 4),
    "diverse": (diverse_beam_search, {"beams": 6, "groups": 3, "captions": 4}, 6),
    "constrained": (
        constrained_beam_search,
        {"beams": 3, "captions": 2, "required": [3, 2]},
        9,
    ),
    "sampling": (sample, {"samples": 3, "temperature": 1.2, "top_p": 0.95, "min_p": 0.01}, 3),
}


class Search:
    """One of the searches, with the settings it is tested with."""

    def __init__(self, name):
        self.name = name
        self.function, self.settings, self.rows = SEARCHES[name]

    def __call__(self, step, state, images, first=None, **settings):
        """Search the images with these numbers."""
        if self.name == "sampling":
            settings["seeds"] = [17 + image for image in images]
        if first is None:
            first = torch.full((len(images), 1), BOS)
        settings = {"eos": EOS, "max_words": 7, **self.settings, **settings}
        return self.function(step, state, first, **settings)


@pytest.fixture(params=SEARCHES)
def search(request):
    return Search(request.param)


class Elsewhere(torch.Tensor):
    """Claims to be on a GPU, so that the stop test is as rare as there."""

    is_cuda = True


def on_gpu(images):
    return torch.full((len(images), 1), BOS).as_subclass(Elsewhere)


# ---- images of a batch


def test_an_image_is_captioned_alike_alone_in_a_batch_and_in_any_order(slow, search):
    model = slow.Model(words=6, seed=1)
    images = list(range(32))
    order = torch.randperm(32, generator=torch.Generator().manual_seed(3)).tolist()
    together = search(model.step, model.start(images), images)
    shuffled = search(model.step, model.start(order), order)
    for image in images:
        expected = slow.paths(together, image, EOS)
        assert slow.paths(shuffled, order.index(image), EOS) == expected
    for image in images[::4]:
        expected = slow.paths(together, image, EOS)
        alone = search(model.step, model.start([image]), [image])
        assert slow.paths(alone, 0, EOS) == expected
    assert len({tuple(words) for words in together.words[:, 0].tolist()}) > 16


@pytest.fixture(scope="module")
def decoder():
    torch.manual_seed(0)
    decoder = LSTMDecoder(
        vocabulary_size=40, width=16, embedding_size=24, hidden_size=32, attention_size=12
    ).eval()
    with torch.no_grad():
        decoder.output.weight *= 8  # as sure of its words as a trained model
        decoder.output.bias[EOS] += 1
    return decoder


@pytest.fixture(scope="module")
def memory():
    return torch.randn(32, 9, 16, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_a_real_decoder_captions_an_image_alike_in_any_company(decoder, memory, search):
    images = list(range(32))
    order = torch.randperm(32, generator=torch.Generator().manual_seed(5)).tolist()
    settings = {"max_words": 12}
    if search.name in ("beam", "constrained"):
        settings["captions"] = search.settings["beams"]  # to see how close the best ones are
    together = search(decoder.step, decoder.start(memory), images, **settings)
    shuffled = search(decoder.step, decoder.start(memory[order]), order, **settings)
    lengths = together.lengths(EOS)
    assert len(lengths[:, 0].unique()) > 2  # images leave at different times
    for image in images[::3]:
        alone = search(decoder.step, decoder.start(memory[image : image + 1]), [image], **settings)
        for found, place in ((alone, 0), (shuffled, order.index(image))):
            assert found.scores[place].tolist() == pytest.approx(
                together.scores[image].tolist(), abs=1e-4
            )
            size = lengths[image, 0]
            same = torch.equal(found.words[place, 0, :size], together.words[image, 0, :size])
            ranking = together.scores[image]
            if "length" in search.settings:
                ranking = Wu()(ranking, lengths[image])
            close = len(ranking) > 1 and abs(ranking[0] - ranking[1]) < 1e-4
            assert same or close
            if same:
                torch.testing.assert_close(
                    found.attention[place, 0, :size],
                    together.attention[image, 0, :size],
                    atol=1e-5,
                    rtol=0,
                )


def test_finished_images_leave_the_batch(slow, search):
    model = slow.Model(words=6, seed=2)
    images = list(range(24))
    found = search(model.step, model.start(images), images)
    rows = [row for row, _ in model.calls]
    beams = [beam for _, beam in model.calls]
    assert beams == [1] + [search.rows] * (len(beams) - 1)
    assert rows[0] == 24
    assert all(later <= earlier for earlier, later in itertools.pairwise(rows))
    longest = found.lengths(EOS).amax(dim=1)  # an image is asked for no less than its captions
    for t, row in enumerate(rows):
        assert row >= (longest > t).sum()
    if search.name in ("greedy", "sampling"):  # and here for no more
        assert rows == [(longest > t).sum() for t in range(len(rows))]
    assert rows[-1] < 24


def test_no_step_after_the_last_word(slow, search):
    for max_words in (2, 3, 7):
        model = slow.Model(words=6, seed=2)
        search(
            model.step, model.start([0, 1]), [0, 1], max_words=max_words,
            rules=[Forbidden(torch.tensor([EOS]))],
        )  # fmt: skip
        assert len(model.calls) == max_words


def test_a_batch_without_images_has_no_captions(slow, search):
    model = slow.Model(words=6)
    found = search(model.step, model.start([]), [], first=torch.empty(0, 1, dtype=torch.long))
    captions = search.settings.get("captions", search.settings.get("samples", 1))
    assert found.words.shape[:2] == found.word_scores.shape[:2] == (0, captions)
    assert model.calls == []


def test_captions_of_one_word(slow, search):
    if search.name == "constrained":
        search.settings = {**search.settings, "required": [3]}
    model = slow.Model(words=6, seed=2)
    found = search(model.step, model.start([0, 1]), [0, 1], max_words=1)
    assert found.words.shape[2] == 1
    assert len(model.calls) == 1


# ---- what beams share, and what is theirs


def test_attention_belongs_to_the_word_and_the_beam(slow, search):
    model = slow.Model(words=6, seed=6)
    images = [4, 30, 7, 1, 12, 9]
    found = search(model.step, model.start(images), images)
    sizes = found.lengths(EOS)
    for b, image in enumerate(images):
        for k in range(found.words.size(1)):
            said = [BOS, *found.words[b, k].tolist()]
            for t in range(found.words.size(2)):
                expected = [image, said[t], model.code(image, said[: t + 1])]
                if t >= sizes[b, k]:
                    expected = [0, 0, 0]
                assert found.attention[b, k, t].tolist() == expected


@torch.no_grad()
def test_the_memory_of_an_image_is_shared_by_its_beams(decoder, memory, search):
    seen = []

    def step(words, state):
        seen.append((words.shape, state.memory, state.keys))
        return decoder.step(words, state)

    fresh = decoder.start(memory)
    rules = [Forbidden(torch.tensor([EOS]))]  # nobody leaves
    search(step, fresh, list(range(32)), max_words=5, rules=rules)
    assert [tuple(shape) for shape, _, _ in seen] == [(32, 1)] + [(32, search.rows)] * 4
    for _, shared, keys in seen:
        assert shared is fresh.memory
        assert keys is fresh.keys
    seen.clear()
    search(step, fresh, list(range(32)), max_words=12)
    assert seen[-1][0][0] < 32
    for shape, shared, keys in seen:
        assert len(shared) == len(keys) == shape[0]


# ---- questions to the device


class Questions(TorchDispatchMode):
    """Counts what makes the host wait for a GPU."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        waits = name in {
            *("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero"),
            *("isin", "_unique", "_unique2", "unique_dim", "unique_consecutive", "bincount"),
            *("repeat_interleave", "multinomial"),
        }
        indices = (
            args[1] if name in ("index", "index_put", "index_put_", "_index_put_impl_") else ()
        )
        waits |= any(index is not None and index.dtype == torch.bool for index in indices)
        if waits:
            self.asked.append(name)
        return func(*args, **(kwargs or {}))


def test_the_device_is_asked_at_stop_tests_only(slow, search):
    model = slow.Model(words=12, seed=3)
    images = list(range(8))
    rules = [
        Forbidden(torch.tensor([EOS])),  # so that only the stop test could tell how far it is
        MinimumLength(2, eos=EOS),
        NoRepeatedNgram(2),
        NoDanglingEnding(torch.tensor([4, 5]), eos=EOS, max_words=11),
    ]
    state = model.start(images)
    with Questions() as questions:
        search(model.step, state, images, first=on_gpu(images), max_words=11, rules=rules)
    # After 4 and 8 words: has any ended? After 11: who leaves, who stays; how long is the longest?
    asked = ["_local_scalar_dense"] * 2 + ["nonzero"] * 2 + ["_local_scalar_dense"]
    assert questions.asked == asked
    assert len(model.calls) == 11


def test_how_often_the_stop_test_is_made_changes_nothing(slow, search):
    for seed in range(4):
        model = slow.Model(words=5, seed=seed, zeros=0.2)
        images = list(range(16))
        rules = [NoRepeatedNgram(1)] if seed % 2 else []
        often = search(model.step, model.start(images), images, max_words=6, rules=rules)
        first = on_gpu(images)
        rarely = search(
            model.step, model.start(images), images, first=first, max_words=6, rules=rules
        )
        assert len({row for row, _ in model.calls}) > 1
        for part in ("words", "word_scores", "attention"):
            assert torch.equal(getattr(rarely, part), getattr(often, part))


def test_ended_captions_survive_rules_that_leave_them_no_word(slow):
    """Between two stop tests ended captions are still in the batch."""
    model = slow.Model(words=3, seed=0)
    images = list(range(20))
    first = on_gpu(images)
    found = greedy_search(
        model.step, model.start(images), first, eos=EOS, max_words=4, rules=[NoRepeatedNgram(1)]
    )
    usual = greedy_search(
        model.step,
        model.start(images),
        torch.full((20, 1), BOS),
        eos=EOS,
        max_words=4,
        rules=[NoRepeatedNgram(1)],
    )
    assert usual.scores.isfinite().all()
    assert torch.equal(found.scores, usual.scores)


# ---- the model's numbers


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_logits_of_half_precision(slow, search, dtype):
    model = slow.Model(words=6, seed=5)

    def step(words, state):
        logits, state = model.step(words, state)
        return logits.to(dtype), state

    found = search(step, model.start([0, 1, 2]), [0, 1, 2])
    assert found.word_scores.dtype == torch.float32
    assert not found.word_scores.isnan().any()
    for image in range(3):
        assert slow.paths(found, image, EOS)


def test_logits_need_not_be_normalized_and_are_not_written_to(slow, search):
    model = slow.Model(words=6, seed=5)
    given = []

    def step(words, state):
        logits, state = model.step(words, state)
        logits = logits + 3.0 * (1 + words.unsqueeze(-1))
        given.append((logits, logits.clone()))
        return logits, state

    images = [0, 1, 2]
    rules = [NoRepeatedNgram(1), Forbidden(torch.tensor([4]))]
    shifted = search(step, model.start(images), images, rules=rules)
    plain = search(model.step, model.start(images), images, rules=rules)
    assert torch.equal(shifted.words, plain.words)
    torch.testing.assert_close(shifted.word_scores, plain.word_scores, atol=1e-5, rtol=0)
    for logits, before in given:
        assert torch.equal(logits, before)


def test_nothing_is_tracked_for_gradients(slow, search):
    model = slow.Model(words=6, seed=5)
    weight = torch.zeros(6, requires_grad=True)

    def step(words, state):
        logits, state = model.step(words, state)
        return logits + weight, state

    found = search(step, model.start([0]), [0])
    assert not found.word_scores.requires_grad
    assert torch.is_grad_enabled()


def test_two_words_are_enough_of_a_vocabulary(slow, search):
    if search.name == "constrained":
        search.settings = {**search.settings, "required": [0]}
    model = slow.Model(words=2, seed=5)
    found = search(model.step, model.start([0, 3]), [0, 3], max_words=4)
    best = found.scores[:, 0]
    assert best.isfinite().all()
    for image in (0, 1):
        paths = slow.paths(found, image, EOS)
        assert all(math.isfinite(sum(scores)) for _, scores in paths)


def test_own_strategies_can_be_plugged_in(slow):
    class Unlikely:
        """Say the least likely word."""

        captions = 1
        finished = None

        def choose(self, log_probs, prefixes):
            from captioner.search.prefixes import Choice

            scores, words = log_probs.min(dim=-1)
            return Choice(None, words, scores)

        def done(self, prefixes):
            return prefixes.ended.all(dim=1)

        def best(self, prefixes):
            return torch.zeros_like(prefixes.lengths)

    model = slow.Model(words=5, seed=1)
    found = decode(
        model.step, model.start([2]), torch.tensor([[BOS]]), Unlikely(), eos=EOS, max_words=5
    )
    said = [BOS]
    for word in found.words[0, 0].tolist():
        scores = model.log_probs(2, said)
        assert word == scores.index(min(scores))
        said.append(word)


def test_refuses_captions_of_no_words(slow, search):
    model = slow.Model(words=5)
    with pytest.raises(ValueError, match="expected at (least 1|most 0)"):
        search(model.step, model.start([0]), [0], max_words=0)
