"""What is repeated, how often, and when a figure is called noisy."""

import pytest
import torch

from captioner.comparison.cost.timing import (
    AGREEMENT,
    REPEATS,
    mark_noise,
    pinned_threads,
    quickest,
    repeat_until_quiet,
    spread,
)


@pytest.fixture
def turns():
    return []


def measurement(turns, name, values):
    left = iter(values)

    def measure():
        turns.append(name)
        return next(left)

    return measure


def test_what_agrees_is_measured_three_times_in_turns(turns):
    measurements = {name: measurement(turns, name, [1.0, 1.02, 1.05]) for name in "ab"}
    found = repeat_until_quiet(measurements, spread)
    assert found == {"a": [1.0, 1.02, 1.05], "b": [1.0, 1.02, 1.05]}
    assert turns == list("ababab")


def test_only_what_is_noisy_is_measured_again(turns):
    measurements = {
        "busy": measurement(turns, "busy", [1.0, 5.0, 5.0, 1.01, 1.02]),
        "quiet": measurement(turns, "quiet", [2.0, 2.0, 2.0]),
    }
    found = repeat_until_quiet(measurements, spread)
    assert turns == ["busy", "quiet"] * REPEATS + ["busy"] * 2
    assert spread(found["busy"]) <= AGREEMENT
    assert quickest(found["busy"], found["busy"]) == [1.0, 1.01, 1.02]


def test_a_machine_that_is_never_quiet_is_not_measured_for_ever(turns):
    values = [1.5**turn for turn in range(100)]
    found = repeat_until_quiet({"busy": measurement(turns, "busy", values)}, spread)
    assert found["busy"] == values[:9]
    assert mark_noise("358", spread(found["busy"])) == "358 (noisy: repeats 125 % apart)"


def test_no_turn_begins_once_the_time_is_up(turns, monkeypatch):
    hours = iter(range(0, 10**6, 3600))
    monkeypatch.setattr("captioner.comparison.cost.timing.perf_counter", lambda: next(hours))
    busy = measurement(turns, "busy", [1.5**turn for turn in range(100)])
    assert len(repeat_until_quiet({"busy": busy}, spread)["busy"]) == REPEATS


def test_threads_are_pinned_and_given_back_when_something_goes_wrong():
    before = torch.get_num_threads()

    def fail():
        assert torch.get_num_threads() == before + 1
        raise RuntimeError("something")

    with pytest.raises(RuntimeError, match="something"), pinned_threads(before + 1):
        fail()
    assert torch.get_num_threads() == before
    with pinned_threads(None):
        assert torch.get_num_threads() == before
