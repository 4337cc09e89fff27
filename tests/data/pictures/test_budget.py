"""What threads take up together is bounded, and what is larger than that goes on alone."""

import threading

import pytest

from captioner.data.pictures.thumbnails import Budget


def test_work_waits_until_there_is_enough_left():
    budget, started = Budget(10), threading.Event()

    def work():
        with budget.spend(7):
            started.set()

    thread = threading.Thread(target=work)
    with budget.spend(3):
        with budget.spend(1):
            thread.start()
            assert not started.wait(0.1)
        assert started.wait(30)
    thread.join()


def test_what_is_larger_than_the_total_goes_on_alone():
    budget, started = Budget(10), threading.Event()

    def work():
        with budget.spend(1):
            started.set()

    thread = threading.Thread(target=work)
    with budget.spend(1000):
        thread.start()
        assert not started.wait(0.1)
    thread.join(30)
    assert started.is_set()


def test_work_that_fails_gives_back_what_it_had():
    budget = Budget(10)
    with pytest.raises(ZeroDivisionError), budget.spend(10):
        _ = 1 / 0
    with budget.spend(10):
        pass
