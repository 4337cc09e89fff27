"""When one of two processes fails, the other one ends, whatever it waits for."""

import multiprocessing
import os
import socket
import time
from types import SimpleNamespace

import pytest
import torch
from torch import distributed

from captioner.callbacks import failure_board
from captioner.callbacks.end_together import EndTogether
from captioner.errors import CaptionerError

LATE = 60  # seconds that nothing here should take


class CannotCloseError(Exception):
    """Stands for a failure after which closing the connection waits for ever."""


class GoesOnError(Exception):
    """Stands for a failure after which the program that called goes on."""


def trainer_of(rank, closed):
    return SimpleNamespace(
        world_size=2,
        is_global_zero=rank == 0,
        local_rank=rank,
        loggers=[SimpleNamespace(finalize=closed.put)],
        strategy=SimpleNamespace(cluster_environment=None),
    )


def take_part(rank, port, act, said, closed) -> None:
    """Run ``act`` as one of two processes; say what a user would be told, if anything."""
    torch.set_num_threads(1)
    # Long enough for a process that stalls to be heard before it is ended.
    failure_board._EVERY, failure_board._GRACE, failure_board._PATIENCE = 0.05, 2.0, 6.0
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    distributed.init_process_group("gloo", rank=rank, world_size=2)
    callback, trainer = EndTogether(), trainer_of(rank, closed)
    callback.setup(trainer, None, "fit")
    distributed.barrier()  # none fails before both have found the board
    try:
        act(rank)
    except Exception as error:
        callback.on_exception(trainer, None, error)
        if not callback.silent:
            said.put((rank, str(error)))
        if isinstance(error, CannotCloseError):
            time.sleep(2 * LATE)
        if isinstance(error, GoesOnError):
            callback.hand_over()
            time.sleep(1.5 * failure_board._PATIENCE)
            os._exit(0)
        os._exit(2)
    callback.teardown(trainer, None, "fit")
    distributed.destroy_process_group()


def run_two(act):
    """Return the exit codes, what was said, and how often loggers were closed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("fork")
    said, closed = context.SimpleQueue(), context.SimpleQueue()
    processes = [
        context.Process(target=take_part, args=(rank, port, act, said, closed), daemon=True)
        for rank in (0, 1)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LATE)
    sentences = []
    while not said.empty():
        sentences.append(said.get())
    codes = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
    return codes, sentences, not closed.empty()


def fail():
    raise CaptionerError("photo.jpg: expected a picture, found none")


def share():
    distributed.all_reduce(torch.ones(1))


def test_nothing_happens_when_all_goes_well():
    assert run_two(lambda rank: share()) == ([0, 0], [], False)


@pytest.mark.parametrize("failing", [0, 1])
def test_the_other_one_waits_for_the_first_in_vain(failing):
    codes, said, _ = run_two(lambda rank: fail() if rank == failing else share())
    assert codes == [2, 2]
    assert said == [(failing, "photo.jpg: expected a picture, found none")]


@pytest.mark.parametrize("failing", [0, 1])
def test_a_process_that_nothing_wakes_is_ended(failing):
    codes, said, closed = run_two(lambda rank: fail() if rank == failing else time.sleep(2 * LATE))
    assert codes == [2, 2]
    assert [rank for rank, _ in said] == [failing]
    assert closed


def test_a_process_that_failed_ends_even_if_closing_its_connection_hangs():
    def fail_for_good():
        raise CannotCloseError("out of memory")

    codes, said, _ = run_two(lambda rank: fail_for_good() if rank else share())
    assert codes == [2, 2]
    assert said == [(1, "out of memory")]


def test_two_that_fail_together_say_it_once():
    codes, said, _ = run_two(lambda rank: fail())
    assert codes == [2, 2]
    assert len(said) == 1


def test_a_program_that_started_a_run_may_go_on_after_its_failure():
    def go_on():
        raise GoesOnError("no captions")

    codes, said, _ = run_two(lambda rank: go_on())
    assert codes == [0, 0]
    assert len(said) == 1
