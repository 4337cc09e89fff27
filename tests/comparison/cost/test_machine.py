"""What a reader must know of the machine that times are from."""

import pytest

from captioner.comparison.cost.machine import warn_if_busy


@pytest.mark.parametrize(
    ("load", "cores", "busy"), [(2.4, 2, False), (8.7, 2, True), (8.7, 16, False)]
)
def test_a_shared_machine_is_pointed_out(load, cores, busy):
    notes = warn_if_busy(load, cores)
    assert len(notes) == busy
    assert all(f"{load} processes for {cores} cores" in note for note in notes)
