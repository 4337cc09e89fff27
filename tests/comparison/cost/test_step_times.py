"""What is timed: captions of exactly the length that is asked for, and nothing is left behind."""

import pytest
import torch

from captioner.comparison.cost import step_times as module
from captioner.comparison.cost.step_times import step_times
from captioner.search import greedy_search

LENGTHS = (2, 5)


def test_there_is_a_time_for_every_length(any_captioner):
    found = step_times(any_captioner, LENGTHS, images=2, budget=0)
    assert [time.words for time in found] == list(LENGTHS)
    assert all(time.training > 0 and time.writing > 0 for time in found)


def test_captions_have_exactly_that_length(any_captioner, monkeypatch):
    trained, written = [], []
    loss, search = module.teacher_forced_loss, greedy_search

    def note_loss(captioner, memory, captions):
        assert captioner.training
        assert memory.shape[:2] == (3, captioner.encoder.grid[0] * captioner.encoder.grid[1])
        trained.append(captions)
        return loss(captioner, memory, captions)

    def note_search(*args, **options):
        written.append(search(*args, **options))
        return written[-1]

    monkeypatch.setattr(module, "teacher_forced_loss", note_loss)
    monkeypatch.setattr(module, "greedy_search", note_search)
    # A captioner that would end at once has to be made to go on.
    torch.nn.init.zeros_(any_captioner.decoder.output.weight)
    any_captioner.decoder.output.bias.data[any_captioner.vocabulary.eos] = 100
    step_times(any_captioner, LENGTHS, images=3, budget=0)
    vocabulary, turns = any_captioner.vocabulary, 2
    assert [captions.shape for captions in trained] == turns * [(3, 1, n + 2) for n in LENGTHS]
    for captions in trained:
        assert captions[..., 0].eq(vocabulary.bos).all()
        assert captions[..., -1].eq(vocabulary.eos).all()
        assert captions[..., 1:-1].gt(vocabulary.unk).all()
    assert [found.words.shape for found in written] == turns * [(3, 1, n) for n in LENGTHS]
    assert all(found.words.gt(vocabulary.unk).all() for found in written)


def test_medians_of_a_clock_that_is_known(make_captioner, monkeypatch):
    # Training of 2 words takes 9 s, then 3, 5 and 4 s; all else takes a second.
    special = {1: 9, 9: 3, 17: 5, 25: 4}
    now = readings = 0

    def clock(tensor):
        nonlocal now, readings
        now += special.get(readings, 1)
        readings += 1
        return now

    turns = iter(range(100))
    monkeypatch.setattr(module, "_now", clock)
    monkeypatch.setattr(module, "perf_counter", lambda: next(turns))
    short, long = step_times(make_captioner(), LENGTHS, images=1, budget=3)
    assert (short.training, short.writing) == (4000, 500)
    assert (long.training, long.writing) == (1000, 200)


@pytest.mark.parametrize("training", [True, False])
def test_the_captioner_and_random_states_stay_as_they_were(any_captioner, training):
    any_captioner.train(training)
    before = {name: part.clone() for name, part in any_captioner.state_dict().items()}
    random = torch.get_rng_state()
    step_times(any_captioner, LENGTHS, images=1, budget=0)
    assert torch.equal(torch.get_rng_state(), random)
    assert any_captioner.training is training
    after = any_captioner.state_dict()
    assert all(torch.equal(after[name], part) for name, part in before.items())
    assert all(parameter.grad is None for parameter in any_captioner.parameters())
