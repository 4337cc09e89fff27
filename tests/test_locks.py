"""Locks: one holder at a time, of the file that has the name, on every system."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from captioner import locks
from captioner.comparison.running.lock import locked
from captioner.data.token_cache.cache import TokenCache
from captioner.errors import CaptionerError
from captioner.locks import hold_folder_lock, hold_inherited_lock, hold_lock

fcntl = pytest.importorskip("fcntl", reason="these simulate what the locks of POSIX do")


def refuse():
    raise CaptionerError("held")


@pytest.fixture
def lock(tmp_path):
    return tmp_path / "lock"


@pytest.fixture(params=["native", "soft"])
def kind(request, monkeypatch):
    """Let a file system lock, or not."""
    if request.param == "soft":
        fail_to_lock(monkeypatch, errno.ENOSYS)
    return request.param


def fail_to_lock(monkeypatch, number):
    def fail(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)


@pytest.mark.usefixtures("kind")
def test_one_holder_at_a_time(lock):
    with hold_lock(lock, refuse):
        for _ in range(2):
            with pytest.raises(CaptionerError, match="held"), hold_lock(lock, refuse):
                pytest.fail("both hold it")
    with hold_lock(lock, refuse) as descriptor:
        assert os.path.samestat(os.fstat(descriptor), lock.stat())


@pytest.mark.usefixtures("kind")
def test_who_waits_gets_it_when_it_is_released(lock):
    waits, order = threading.Event(), []

    def second():
        with hold_lock(lock, waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with hold_lock(lock, refuse):
        thread.start()
        assert waits.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
@pytest.mark.parametrize("hold", [hold_lock, hold_inherited_lock])
def test_the_lock_is_on_the_file_that_has_the_name(hold, replaced, lock, monkeypatch):
    flock, tries = fcntl.flock, []

    def lose_the_name_first(descriptor, operation):
        tries.append(descriptor)
        if len(tries) == 1:
            lock.unlink()
            if replaced:
                lock.touch()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lose_the_name_first)
    with hold(lock, refuse) as descriptor:  # nobody holds it, so there is nothing to refuse
        assert os.path.samestat(os.fstat(descriptor), lock.stat())
        assert len(tries) == 2


@pytest.mark.parametrize("hold", [hold_lock, hold_inherited_lock])
def test_a_file_that_another_one_has_made_and_holds_meanwhile_is_held(hold, lock, monkeypatch):
    flock, tries, others = fcntl.flock, [], []

    def come_second(descriptor, operation):
        tries.append(descriptor)
        if len(tries) == 1:
            lock.unlink()
            others.append(os.open(lock, os.O_RDWR | os.O_CREAT))
            flock(others[0], operation)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", come_second)
    with pytest.raises(CaptionerError, match="held"), hold(lock, refuse):
        pytest.fail("both hold it")
    os.close(others[0])


@pytest.mark.usefixtures("kind")
def test_a_lock_file_that_is_deleted_in_the_end(lock):
    with hold_lock(lock, refuse, delete=True):
        assert lock.exists()
    assert not list(lock.parent.iterdir())


def test_a_child_that_a_fork_made_keeps_no_lock(lock):
    with hold_lock(lock, refuse) as descriptor:
        copy = os.dup(descriptor)  # as a child has it: one lock, two descriptors
    try:
        with hold_lock(lock, refuse):
            pass
    finally:
        os.close(copy)


def test_processes_that_inherit_a_lock_hold_it_until_they_end(lock):
    with hold_inherited_lock(lock, refuse) as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,)
        )
    try:
        with pytest.raises(CaptionerError, match="held"), hold_inherited_lock(lock, refuse):
            pytest.fail("the child holds it")
    finally:
        child.communicate(b"\n")
    with hold_inherited_lock(lock, refuse):
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_comparison_refuses_a_file_system_that_cannot_lock(number, tmp_path, monkeypatch):
    fail_to_lock(monkeypatch, number)
    with (
        pytest.raises(CaptionerError, match="expected a file system that can lock files"),
        locked(tmp_path / "out"),
    ):
        pytest.fail("nothing keeps another one out")


def test_without_the_locks_of_posix(lock, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    with hold_lock(lock, refuse):  # a file says that it is held
        assert Path(f"{lock}.soft").exists()
        with pytest.raises(CaptionerError, match="held"), hold_lock(lock, refuse):
            pytest.fail("both hold it")
    assert not Path(f"{lock}.soft").exists()
    with (
        pytest.raises(CaptionerError, match="expected a system whose processes can share a lock"),
        hold_inherited_lock(lock, refuse),
    ):
        pytest.fail("no process can inherit it")


def test_other_errors_are_no_reason_to_do_without(lock, monkeypatch):
    fail_to_lock(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"), hold_lock(lock, refuse):
        pytest.fail("it is not held")


def test_a_lock_file_that_cannot_be_made_is_said(tmp_path, monkeypatch):
    def fail(path, flags, mode=0o777):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    cache = TokenCache(tmp_path, "0123456789abcdef")
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(CaptionerError, match="can be written .*found read-only"), cache.lock():
        pytest.fail("there is no lock")


def test_a_folder_has_one_holder_and_no_file_more(tmp_path):
    with hold_folder_lock(tmp_path, refuse, 0):
        with pytest.raises(CaptionerError, match="held"), hold_folder_lock(tmp_path, refuse, 0.2):
            pytest.fail("both hold it")
        assert list(tmp_path.iterdir()) == []
    with hold_folder_lock(tmp_path, refuse, 0):
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EBADF])
def test_folders_that_cannot_be_locked_keep_nobody_out(number, tmp_path, monkeypatch):
    fail_to_lock(monkeypatch, number)
    with hold_folder_lock(tmp_path, refuse, 0), hold_folder_lock(tmp_path, refuse, 0):
        pass
