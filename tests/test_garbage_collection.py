"""Nothing is collected while modules are imported; afterwards it is as before."""

import gc
import sys

import pytest

from captioner.garbage_collection import gc_paused


@pytest.fixture
def frozen(monkeypatch):
    """Return a list that grows with each call of ``gc.freeze``, which does nothing else here."""
    calls = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(gc.isenabled()))
    return calls


def test_collecting_stops_for_the_block_alone(frozen):
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_never_collects_does_not_afterwards(frozen):
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_imported_is_set_aside_before_anything_is_collected(frozen, monkeypatch):
    with gc_paused():
        monkeypatch.setitem(sys.modules, "captioner_imports_this", gc)
    assert frozen == [False]


def test_objects_of_others_are_left_alone_where_nothing_was_imported(frozen):
    with gc_paused():
        pass
    assert frozen == []


def test_an_import_that_fails_changes_nothing(frozen):
    with pytest.raises(ImportError), gc_paused():
        raise ImportError
    assert gc.isenabled()
