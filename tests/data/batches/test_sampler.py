"""The order of examples: complete, repeatable, shared out fairly."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from captioner.data.batches.sampler import EpochBatches


def _indices(batches):
    return [index for batch in batches for _, index in batch]


def test_shuffles_every_epoch_anew_and_repeatably():
    batches = EpochBatches(50, 8, shuffle=True, seed=3)
    first = list(batches)
    assert sorted(_indices(first)) == list(range(50))
    assert [len(batch) for batch in first] == [8] * 6 + [2]
    batches.set_epoch(1)
    second = list(batches)
    assert {epoch for batch in second for epoch, _ in batch} == {1}
    assert _indices(second) != _indices(first)
    assert _indices(second) != list(range(50))
    again = EpochBatches(50, 8, shuffle=True, seed=3)
    again.set_epoch(1)
    assert list(again) == second
    assert _indices(EpochBatches(50, 8, shuffle=True, seed=4)) != _indices(first)


def test_draws_nothing_from_the_global_random_state():
    before = torch.get_rng_state()
    list(EpochBatches(50, 8, shuffle=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_skips_whole_batches():
    batches = EpochBatches(10, 3, shuffle=True)
    whole = list(batches)
    batches.skip = 2
    assert list(batches) == whole[2:]
    assert len(batches) == 4


@given(
    size=st.integers(1, 60),
    batch_size=st.integers(1, 9),
    replicas=st.integers(1, 5),
    shuffle=st.booleans(),
    bucket_batches=st.integers(1, 4),
)
def test_devices_share_the_examples(size, batch_size, replicas, shuffle, bucket_batches):
    lengths = torch.randint(20, (size,)).tolist()
    buckets = {"lengths": lengths, "bucket_batches": bucket_batches}
    shares = [
        EpochBatches(size, batch_size, shuffle=shuffle, rank=rank, replicas=replicas, **buckets)
        for rank in range(replicas)
    ]
    dealt = [list(share) for share in shares]
    assert {len(share) for share in dealt} == {len(shares[0])}
    most = batch_size if shuffle or replicas == 1 else max(2, batch_size)
    assert all(1 <= len(batch) <= most for share in dealt for batch in share)
    indices = [index for share in dealt for index in _indices(share)]
    assert set(indices) == set(range(size))
    if shuffle:  # equal shares, filled up
        assert len({sum(map(len, share)) for share in dealt}) == 1
        assert len(indices) - size < replicas
    elif size >= replicas:  # no example twice: scores would count it twice
        assert len(indices) == size


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_full_but_for_the_last(shuffle):
    sizes = [len(batch) for batch in EpochBatches(23, 5, shuffle=shuffle)]
    assert sizes == [5, 5, 5, 5, 3]


LENGTHS = torch.randint(5, 30, (203,), generator=torch.Generator().manual_seed(0)).tolist()


def bucketed(bucket_batches, **options):
    options = {"shuffle": True, "lengths": LENGTHS, **options}
    return EpochBatches(len(LENGTHS), 8, bucket_batches=bucket_batches, **options)


def padding(batches):
    rows = [[LENGTHS[index] for _, index in batch] for batch in batches]
    return sum(len(row) * max(row) for row in rows) / sum(LENGTHS)


def test_batches_of_like_length_hold_less_padding():
    assert padding(bucketed(1)) > 1.5
    assert padding(bucketed(4)) < 1.3
    assert padding(bucketed(26)) < 1.05
    assert list(bucketed(1)) == list(bucketed(1, lengths=None))


def test_buckets_are_drawn_anew_and_come_in_random_order():
    batches = bucketed(26)
    first = list(batches)
    batches.set_epoch(1)
    second = list(batches)
    assert {frozenset(batch) for batch in first} != {
        frozenset((0, index) for _, index in batch) for batch in second
    }
    longest = [max(LENGTHS[index] for _, index in batch) for batch in first]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)
    again = bucketed(26)
    again.set_epoch(1)
    again.skip = 3
    assert list(again) == second[3:]


def test_devices_get_batches_of_like_length_together():
    ranks = [list(bucketed(13, rank=rank, replicas=2)) for rank in (0, 1)]
    longest = [[max(LENGTHS[index] for _, index in batch) for batch in rank] for rank in ranks]
    apart = [abs(a - b) for a, b in zip(*longest, strict=True)]
    assert sum(apart) / len(apart) < 3


def test_evaluation_keeps_the_order_of_the_data():
    assert list(bucketed(4, shuffle=False)) == list(EpochBatches(len(LENGTHS), 8))
