"""Processes that are started, shared out, watched and ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from captioner.comparison.running.collect import explain_failures
from captioner.comparison.running.lock import locked
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.scheduler import Scheduler, share_of_devices
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError

pytestmark = pytest.mark.integration

# In place of the program: what it would do is written into the "config" file.
PROGRAM = """
import pathlib, sys, time
words = dict(word.split("=", 1) for word in sys.argv[4:])
exec(pathlib.Path(words["--config"]).read_text())
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs scripts as tasks, each after the ones it needs."""
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\n{PROGRAM}")
    program.chmod(0o755)
    monkeypatch.setattr("captioner.comparison.running.scheduler._POLL", 0.01)
    monkeypatch.setattr("captioner.comparison.running.scheduler.sys.executable", str(program))

    def start(scripts, after, workers=1, changed=lambda: None):
        tasks = []
        for number, script in enumerate(scripts):
            config = tmp_path / f"{number}.yaml"
            config.write_text(script)
            needs = None if after[number] is None else tasks[after[number]]
            folder = tmp_path / "out" / f"task_{number}"
            tasks.append(Task("LSTM", number, "fit", str(config), {}, folder, needs))
        progress = Progress(tasks)
        with locked(tmp_path / "out") as lock:
            Scheduler(progress, workers, lock).run(changed)
        return progress

    return start


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt, even if the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_fails_says_why_and_the_rest_goes_on(run):
    fail = "print('captioner: data: expected more, found less'); sys.exit(2)"
    progress = run(["", fail, "", ""], [None, None, 1, 0])
    assert progress.states == ["done", "failed", "skipped", "done"]
    first, second = explain_failures(progress)
    assert first.startswith("LSTM, training of seed 1 failed: data: expected more, found less (")
    assert second == "Left out for that reason: LSTM, training of seed 2."


def test_a_process_is_no_task_of_a_slurm_job(run, monkeypatch):
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    left = "[name for name in os.environ if name.startswith('SLURM_')]"
    asked = "signal.raise_signal(signal.SIGUSR1)"  # would end it
    assert run([f"import os, signal\n{asked}\nsys.exit(bool({left}))"], [None]).states == ["done"]
    assert signal.SIGUSR1 not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_process_that_dies_without_a_word_is_a_failure(run):
    progress = run(["sys.exit(3)"], [None])
    assert progress.states == ["failed"]
    assert "it ended without a word" in progress.reasons[0]


def test_a_process_that_was_killed_is_not_taken_at_its_last_word(run):
    kill = "print('Epoch 3', flush=True); import os; os.kill(os.getpid(), 9)"
    progress = run([kill], [None])
    assert (
        "it was ended by SIGKILL, as the system does where memory runs out" in (progress.reasons[0])
    )


@pytest.mark.parametrize(
    ("code", "after", "why"),
    [
        (1, "KeyError: 'dog'\n\n", "KeyError: 'dog'"),
        (2, "UserWarning: 2 leaked semaphores", "data: expected more, found less"),
    ],
)
def test_a_remark_is_not_why_a_command_failed(code, after, why, run):
    """What ends in a traceback has made remarks before; who refuses an input has said why."""
    said = ["captioner: min_words: gave way", "captioner: data: expected more, found less"][:code]
    script = f"print(*{[*said, after]}, sep='\\n'); sys.exit({code})"
    assert f"failed: {why} (" in explain_failures(run([script], [None]))[0]


def test_what_an_earlier_attempt_said_is_not_why_this_one_failed(run, tmp_path):
    tried = f"pathlib.Path({str(tmp_path / 'tried')!r})"
    script = f"""
if {tried}.exists(): sys.exit(3)
{tried}.touch()
print("captioner: no space left")
sys.exit(2)
"""
    assert "no space left" in run([script], [None]).reasons[0]
    assert "it ended without a word" in run([script], [None]).reasons[0]


def test_nothing_is_run_if_one_of_the_trainings_was_begun_otherwise(run, tmp_path):
    begun = tmp_path / "out" / "task_1" / "fit.json"
    begun.parent.mkdir(parents=True)
    begun.write_text("{}")
    with pytest.raises(CaptionerError, match="task_1"):
        run([f"pathlib.Path({str(tmp_path / 'ran')!r}).touch()", ""], [None, None])
    assert not (tmp_path / "ran").exists()


def test_two_workers_run_two_tasks_at_a_time_and_never_three(run, tmp_path):
    meet = f"""
here = pathlib.Path({str(tmp_path)!r}) / "at_work"
here.mkdir(exist_ok=True)
mine = here / words["--seed_everything"]
mine.touch()
while not (here.parent / "met").exists():
    count = len(list(here.iterdir()))
    assert count < 3
    if count == 2: (here.parent / "met").touch()
    time.sleep(0.01)
mine.unlink()
"""
    assert run([meet] * 3, [None] * 3, workers=2).states == ["done"] * 3


@pytest.fixture
def run_until_started(run, tmp_path):
    """Return a function that runs a script as a task, interrupted when it calls ``started()``."""
    started = tmp_path / "started"

    def interrupt():
        if started.exists():
            raise KeyboardInterrupt

    def start(script):
        given = f"import os, signal\nstarted = pathlib.Path({str(started)!r}).touch\n"
        with pytest.raises(KeyboardInterrupt):
            run([given + script], [None], changed=interrupt)

    return start


def is_freed(folder):
    """Return whether no process is left that holds the lock; killed ones take a moment to end."""
    for _ in range(1200):
        try:
            with locked(folder):
                return True
        except CaptionerError:
            time.sleep(0.05)
    return False


def test_an_interrupt_ends_the_processes_and_frees_the_folder(run_until_started, tmp_path):
    run_until_started("started(); time.sleep(600)")
    with locked(tmp_path / "out"):
        pass


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_a_process_is_started_leaves_none_behind(run, tmp_path, monkeypatch):
    start = subprocess.Popen

    def start_and_interrupt(*arguments, **options):
        process = start(*arguments, **options)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(
        "captioner.comparison.running.scheduler.subprocess.Popen", start_and_interrupt
    )
    with pytest.raises(KeyboardInterrupt):
        run(["time.sleep(600)"], [None])
    with locked(tmp_path / "out"):
        pass


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_waits_for_nothing(run_until_started, tmp_path):
    answer = "signal.signal(signal.SIGINT, lambda *_: os.kill(os.getppid(), signal.SIGINT))"
    run_until_started(f"{answer}; started(); time.sleep(600)")
    assert is_freed(tmp_path / "out")


def test_a_process_is_told_if_this_one_is_killed(run, tmp_path):
    """Its standard input ends then, which it attends to."""
    said = f"pathlib.Path({str(tmp_path / 'said')!r}).write_text"
    piped = "stat.S_ISFIFO(os.fstat(0).st_mode)"
    run([f"import os, stat; {said}(f'{{sys.argv[2]}} {{{piped}}}')"], [None])
    assert (tmp_path / "said").read_text() == "captioner.child_process True"


def test_what_does_not_end_when_asked_is_ended_with_its_own_processes(
    run_until_started, tmp_path, monkeypatch
):
    monkeypatch.setattr("captioner.comparison.running.scheduler._PATIENCE", 0.1)
    run_until_started(
        "signal.signal(signal.SIGINT, signal.SIG_IGN); os.fork(); started(); time.sleep(600)"
    )
    assert is_freed(tmp_path / "out")


def test_the_folder_stays_locked_until_the_last_process_has_ended(tmp_path):
    with locked(tmp_path) as lock:
        child = os.dup(lock)  # as one that is left behind holds it
    with pytest.raises(CaptionerError, match="no other comparison"), locked(tmp_path):
        pass
    os.close(child)
    with locked(tmp_path):
        pass


def test_the_processes_of_a_comparison_that_was_killed_are_waited_for(tmp_path, capsys):
    with locked(tmp_path) as lock:
        child = os.dup(lock)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    taken = (tmp_path / ".lock").read_text()
    (tmp_path / ".lock").write_text(taken.replace(str(os.getpid()), str(ended.pid)))
    closing = threading.Timer(0.3, os.close, [child])
    closing.start()
    with locked(tmp_path):
        assert (tmp_path / ".lock").read_text() == taken
    assert "waiting for the trainings of a comparison that was killed" in capsys.readouterr().err
    closing.join()


@pytest.mark.parametrize("content", ["", "elsewhere 1", "4711", "x y"])
def test_what_holds_the_lock_is_not_waited_for_if_it_may_be_alive(tmp_path, content):
    with locked(tmp_path) as lock:
        (tmp_path / ".lock").write_text(content)
        with pytest.raises(CaptionerError, match="no other comparison"), locked(tmp_path):
            assert lock


def test_cores_are_shared_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert share_of_devices(1, 3) == {"OMP_NUM_THREADS": "2"}
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [share_of_devices(worker, 3)["CUDA_VISIBLE_DEVICES"] for worker in range(3)] == [
        "0",
        "1",
        "0",
    ]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert share_of_devices(1, 2) == {"CUDA_VISIBLE_DEVICES": "7"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CaptionerError, match="file"), locked(tmp_path / "file"):
        time.sleep(0)
    assert Path(tmp_path / "file").is_file()
