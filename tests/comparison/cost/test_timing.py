"""What is repeated, how often, and when a figure is called noisy."""

import os
import subprocess
import sys
import time

import pytest
import torch

from captioner.comparison.cost.timing import (
    QUIET,
    REPEATS,
    cpu_wait,
    k_best,
    mark_noise,
    pinned_threads,
    repeat_until_quiet,
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


def spread(values):
    return k_best(values).spread


def test_what_agrees_is_measured_three_times_in_turns(turns):
    measurements = {name: measurement(turns, name, [1.0, 1.02, 1.05]) for name in "ab"}
    found = repeat_until_quiet(measurements, spread)
    assert found == {"a": [1.0, 1.02, 1.05], "b": [1.0, 1.02, 1.05]}
    assert turns == list("ababab")


def test_all_are_measured_again_where_one_is_noisy(turns):
    measurements = {
        "busy": measurement(turns, "busy", [1.0, 5.0, 5.0, 1.01, 1.02]),
        "quiet": measurement(turns, "quiet", [2.0] * 5),
    }
    found = repeat_until_quiet(measurements, spread)
    assert turns == ["busy", "quiet"] * 5
    value, apart = k_best(found["busy"])
    assert (value, round(apart, 2)) == (1.01, 0.02)


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


@pytest.mark.skipif(not cpu_wait(), reason="the system does not count it")
def test_time_that_others_have_the_processor_is_counted():
    command = [sys.executable, "-c", "while True: pass"]
    cores = len(os.sched_getaffinity(0))
    others = [subprocess.Popen(command) for _ in range(2 * cores)]
    try:
        before, end = cpu_wait(), time.perf_counter() + 0.5
        while time.perf_counter() < end:
            pass
        assert cpu_wait() - before > QUIET * 0.5
    finally:
        for each in others:
            each.kill()
            each.wait()
