"""Whose a run of a SLURM job is: its own command's, when the job has been started again."""

import json
from dataclasses import replace

import pytest

from captioner.commands.runs.slurm_job import JOB_FILE, SlurmJob, requeue_on_signal
from captioner.shutdown import ShutdownRequested, shutdown

JOB = SlurmJob("7", "c1", ["fit", "--config", "lstm"], 0)
AGAIN = replace(JOB, restarts=1)


@pytest.fixture
def begun(tmp_path):
    """Return the folder of runs in which a job has begun its second run."""
    (tmp_path / "version_9").mkdir()
    (tmp_path / "version_9" / JOB_FILE).write_text("no JSON")
    JOB.claim(tmp_path / "version_10")
    return tmp_path


def test_the_command_of_a_requeued_job_finds_its_run(begun):
    assert AGAIN.find_run(begun) == begun / "version_10"


@pytest.mark.parametrize(
    "other",
    [
        JOB,  # the same command given once more
        replace(AGAIN, name="8"),
        replace(AGAIN, cluster="c2"),
        replace(AGAIN, command=["fit", "--config", "elmo"]),
    ],
)
def test_what_is_not_its_own_is_left(other, begun):
    assert other.find_run(begun) is None


def test_a_command_that_a_job_gives_twice_finds_its_runs_in_their_order(begun):
    JOB.claim(begun / "version_11")
    first = AGAIN.find_run(begun)
    assert first is not None
    AGAIN.claim(first)
    assert AGAIN.find_run(begun) == begun / "version_11"
    AGAIN.claim(begun / "version_11")
    assert AGAIN.find_run(begun) is None
    assert replace(JOB, restarts=2).find_run(begun) == first


def test_tasks_of_an_array_are_jobs_of_their_own():
    array = {"SLURM_JOB_ID": "9", "SLURM_ARRAY_JOB_ID": "7", "SLURM_RESTART_COUNT": "2"}
    first, second = (SlurmJob.find(["fit"], array | {"SLURM_ARRAY_TASK_ID": task}) for task in "12")
    assert first is not None
    assert second is not None
    assert (first.name, second.name, first.restarts) == ("7_1", "7_2", 2)
    assert SlurmJob.find(["fit"], {}) is None


@pytest.fixture
def scontrol(tmp_path, monkeypatch):
    """Return a function that has ``scontrol`` end with a code; its arguments go to a file."""

    def install(code):
        script = f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho Not allowed >&2\nexit {code}\n'
        (tmp_path / "scontrol").write_text(script)
        (tmp_path / "scontrol").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path / "asked"

    return install


def test_a_job_is_requeued_and_its_run_found_without_a_count(scontrol, begun):
    asked = scontrol(0)
    assert JOB.requeue(begun / "version_10") is None
    assert asked.read_text() == "requeue 7\n"
    assert json.loads((begun / "version_10" / JOB_FILE).read_text())["requeued"]
    assert JOB.find_run(begun) == begun / "version_10"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, "the job is requeued, and goes on where it was"),
        (1, "the job could not be requeued (Not allowed); python -m captioner fit starts again"),
    ],
)
def test_what_has_come_of_it_is_said(code, outcome, scontrol):
    scontrol(code)
    with shutdown.handling_signals(["fit"]) as told:
        with (
            pytest.raises(ShutdownRequested) as stop,
            requeue_on_signal(10, lambda: JOB.requeue(None)),
        ):
            raise ShutdownRequested(10)
        assert stop.value.code == 143
        assert told.message(10) == f"captioner: ended by SIGUSR1; {outcome}"


def test_only_the_signal_for_it_requeues(scontrol):
    asked = scontrol(0)
    with (
        shutdown.handling_signals(["fit"]),
        pytest.raises(ShutdownRequested),
        requeue_on_signal(10, lambda: JOB.requeue(None)),
    ):
        raise ShutdownRequested(15)
    assert not asked.exists()


def test_a_system_without_slurm_says_so(monkeypatch):
    def missing(*arguments, **options):
        raise FileNotFoundError(2, "No such file or directory", "scontrol")

    monkeypatch.setattr("subprocess.run", missing)
    refused = JOB.requeue(None)
    assert refused is not None
    assert "No such file or directory" in refused
