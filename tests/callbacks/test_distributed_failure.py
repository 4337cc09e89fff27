"""When one of two processes fails, the other one ends, whatever it waits for."""

import atexit
import multiprocessing
import os
import signal
import socket
import time
from types import SimpleNamespace

import pytest
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import LightningModule
from torch import distributed

from captioner.callbacks import distributed_failure as end_together
from captioner.callbacks.distributed_failure import EndTogether
from captioner.commands.lightning_cli.error_messages import to_captioner_error
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

LATE = 60  # seconds that nothing here should take


class CannotCloseError(Exception):
    """Stands for a failure after which closing the connection waits for ever.

    Args:
        at_exit: It is the interpreter that closes it, not Lightning.
    """

    def __init__(self, *, at_exit: bool) -> None:
        super().__init__("out of memory")
        self.at_exit = at_exit


class GoesOnError(Exception):
    """Stands for a failure after which the program that called goes on."""


def trainer_of(rank, closed, cluster):
    return SimpleNamespace(
        world_size=2,
        is_global_zero=rank == 0,
        global_rank=rank,
        local_rank=rank,
        loggers=[SimpleNamespace(finalize=closed.put)],
        strategy=SimpleNamespace(cluster_environment=cluster, barrier=distributed.barrier),
    )


def take_part(rank, port, act, said, closed, cluster) -> None:
    """Run ``act`` as one of two processes; say what a user would be told, if anything."""
    atexit._clear()
    torch.set_num_threads(1)
    # Long enough for a process that stalls to be heard before it is ended.
    end_together._EVERY, end_together._GRACE, end_together._PATIENCE = 0.05, 2.0, 4.0
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    distributed.init_process_group("gloo", rank=rank, world_size=2)
    callback, trainer = EndTogether(), trainer_of(rank, closed, cluster)
    callback.setup(trainer, LightningModule(), "fit")
    distributed.barrier()  # none fails before both have found the board
    try:
        act(rank)
        callback.teardown(trainer, LightningModule(), "fit")
    except Exception as error:
        if isinstance(error, CannotCloseError) and error.at_exit:
            atexit.register(time.sleep, 2 * LATE)
        callback.on_exception(trainer, LightningModule(), error)
        if not callback.silent:
            said.put((rank, str(to_captioner_error(error) or error)))
        if isinstance(error, CannotCloseError) and not error.at_exit:
            time.sleep(2 * LATE)
        callback.hand_over()
        if isinstance(error, GoesOnError):
            time.sleep(1.5 * end_together._PATIENCE)
            os._exit(0)
        atexit._run_exitfuncs()
        os._exit(2)
    distributed.destroy_process_group()


def run_two(act, cluster=None):
    """Return the exit codes, what was said, and whether loggers were closed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("fork")
    said, closed = context.SimpleQueue(), context.SimpleQueue()
    processes = [
        context.Process(
            target=take_part, args=(rank, port, act, said, closed, cluster), daemon=True
        )
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


@pytest.mark.parametrize("at_exit", [False, True])
def test_a_process_that_failed_ends_even_if_closing_its_connection_hangs(at_exit):
    def fail_for_good():
        raise CannotCloseError(at_exit=at_exit)

    codes, said, _ = run_two(lambda rank: fail_for_good() if rank else share())
    assert codes == [2, 2]
    assert said == [(1, "out of memory")]


@pytest.mark.parametrize("failing", [0, 1])
def test_what_lightning_started_gives_it_no_reason_to_kill_the_first_one(failing):
    codes, said, _ = run_two(
        lambda rank: fail() if rank == failing else time.sleep(2 * LATE),
        LightningEnvironment(),
    )
    assert codes == [2, 0]
    assert [rank for rank, _ in said] == [failing]


def test_the_other_one_says_that_one_was_killed():
    codes, said, _ = run_two(lambda rank: os.kill(os.getpid(), signal.SIGKILL) if rank else share())
    assert codes == [2, -signal.SIGKILL]
    ((speaking, sentence),) = said
    assert speaking == 0
    assert sentence.startswith("trainer.devices: expected processes that last as long as the run")


def test_nobody_waits_for_the_first_one_when_it_was_killed():
    codes, said, _ = run_two(
        lambda rank: time.sleep(2 * LATE) if rank else os.kill(os.getpid(), signal.SIGKILL)
    )
    assert codes == [-signal.SIGKILL, 2]
    assert said == []


def test_the_first_one_does_not_take_its_own_end_for_that_of_all():
    def fail_late(rank):
        if rank:
            time.sleep(0.5)
            fail()

    codes, said, _ = run_two(fail_late)
    assert codes == [2, 2]
    assert [rank for rank, _ in said] == [1]


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
