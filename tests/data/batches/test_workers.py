"""Numbers of worker processes on small and large machines."""

import pytest

from captioner.data.batches.loader import default_workers


@pytest.mark.parametrize(
    ("cores", "devices", "expected"), [(1, 1, 1), (2, 1, 1), (8, 1, 7), (64, 1, 16), (64, 8, 7)]
)
def test_decoding_takes_every_core_but_one(monkeypatch, cores, devices, expected):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: range(cores), raising=False)
    assert default_workers(devices, cached=False, on_gpu=True) == expected


def test_cached_tokens_need_no_process_on_a_cpu():
    assert default_workers(1, cached=True, on_gpu=False) == 0
    assert default_workers(1, cached=True, on_gpu=True) == 2
