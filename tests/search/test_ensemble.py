"""Ensembles average probabilities; their states are their members' states."""

from typing import Any

import pytest
import torch

from captioner.search import EnsembleState, Memoryless, beam_search, ensemble_step, greedy_search

BOS, EOS = 0, 1


class Looking:
    """Attends where it is told to, and then to what it was asked for."""

    def __init__(self, attention):
        self.attention = attention

    def reorder(self, beams):
        """Note the beams."""
        return Looking(("reordered", beams))

    def select(self, images):
        """Note the images."""
        return Looking(("selected", images))


def test_probabilities_are_averaged_not_their_logarithms(slow):
    models = [slow.Model(words=6, seed=seed, zeros=0.3) for seed in (1, 2, 3)]
    step = ensemble_step([model.step for model in models])
    state: Any = EnsembleState(tuple(model.start([0, 4]) for model in models))
    words = torch.tensor([[BOS], [BOS]])
    for _ in range(3):
        logits, state = step(words, state)
        found = logits.softmax(-1)
        words = found.argmax(-1)
        expected = torch.stack(
            [model.table[own.codes].exp() for model, own in zip(models, state.members, strict=True)]
        ).mean(dim=0)
        torch.testing.assert_close(found.double(), expected, atol=1e-6, rtol=0)
        torch.testing.assert_close(logits.double(), expected.log(), atol=1e-5, rtol=0)


def test_unlikely_words_keep_their_precision():
    tables = [torch.tensor([[0.0, -200.0]]), torch.tensor([[0.0, -300.0]])]
    steps: list[Any] = [lambda words, state, t=t: (t[words], state) for t in tables]
    step = ensemble_step(steps)
    logits, _ = step(torch.tensor([[0]]), EnsembleState((Memoryless(), Memoryless())))
    assert logits[0, 0, 1].item() == pytest.approx(-200 - 0.693147, abs=1e-4)


def test_an_ensemble_of_one_is_the_model(slow):
    model = slow.Model(words=6, seed=4)
    images = list(range(12))
    first = torch.full((12, 1), BOS)
    settings: dict[str, Any] = {"eos": EOS, "max_words": 6, "beams": 3, "captions": 3}
    alone = beam_search(model.step, model.start(images), first, **settings)
    state = EnsembleState((model.start(images),))
    found = beam_search(ensemble_step([model.step]), state, first, **settings)
    assert torch.equal(found.words, alone.words)
    torch.testing.assert_close(found.word_scores, alone.word_scores, atol=1e-5, rtol=0)
    assert found.attention is not None
    assert alone.attention is not None
    assert torch.equal(found.attention, alone.attention)


def test_a_model_with_itself_is_the_model(slow):
    model = slow.Model(words=6, seed=4)
    images = list(range(12))
    first = torch.full((12, 1), BOS)
    alone = greedy_search(model.step, model.start(images), first, eos=EOS, max_words=6)
    state = EnsembleState((model.start(images), model.start(images)))
    step = ensemble_step([model.step, model.step])
    found = greedy_search(step, state, first, eos=EOS, max_words=6)
    assert torch.equal(found.words, alone.words)


def test_the_beams_of_every_member_follow_their_words(slow):
    """Two models of the whole history, searched exhaustively: a lost re-ordering would show."""
    models = [slow.Model(words=3, seed=seed) for seed in (5, 6)]

    class Mean:
        """The same ensemble for the slow search."""

        def log_probs(self, image, said):
            both = [torch.tensor(model.log_probs(image, said)).exp() for model in models]
            return torch.stack(both).mean(dim=0).log().tolist()

    images = [0, 3, 1]
    found = beam_search(
        ensemble_step([model.step for model in models]),
        EnsembleState(tuple(model.start(images) for model in models)),
        torch.full((3, 1), BOS),
        eos=EOS,
        max_words=4,
        beams=40,
        captions=5,
    )
    for place, image in enumerate(images):
        expected = slow.all_captions(Mean(), image, BOS, eos=EOS, max_words=4)
        expected.sort(key=lambda path: -sum(path[1]))
        slow.assert_same(slow.paths(found, place, EOS), expected[:5])


def test_asks_of_the_state_reach_every_member():
    state = EnsembleState((Looking(None), Looking(None)))
    beams, images = torch.tensor([[1, 0]]), torch.tensor([2])
    assert [member.attention for member in state.reorder(beams).members] == [
        ("reordered", beams)
    ] * 2
    assert [member.attention for member in state.select(images).members] == [
        ("selected", images)
    ] * 2


def test_attention_is_the_mean_where_all_look_at_the_same_tokens():
    one, other = torch.tensor([[[0.2, 0.8]]]), torch.tensor([[[0.6, 0.4]]])
    mean = EnsembleState((Looking(one), Looking(other))).attention
    torch.testing.assert_close(mean, torch.tensor([[[0.4, 0.6]]]))
    assert EnsembleState((Looking(one), Looking(None))).attention is None
    assert EnsembleState((Looking(one), Looking(torch.ones(1, 1, 3)))).attention is None
    assert EnsembleState((Memoryless(),)).attention is None


def test_refuses_states_that_do_not_match_the_members():
    step = ensemble_step([lambda words, state: (torch.zeros(1, 1, 3), state)] * 2)
    with pytest.raises(ValueError, match="shorter"):
        step(torch.tensor([[0]]), EnsembleState((Memoryless(),)))
