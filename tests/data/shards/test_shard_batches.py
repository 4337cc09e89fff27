"""The order of examples in shards: complete, repeatable, close together, shared out by shard."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from captioner.data.batches.sampler import EpochBatches
from captioner.data.shards.shard_batches import ShardBatches

RUNS = [10] * 30


def make(rank=0, replicas=1, window=25, epoch=0, runs=RUNS, **options):
    batches = ShardBatches(
        sum(runs),
        8,
        runs=runs,
        window=window,
        shuffle=True,
        rank=rank,
        replicas=replicas,
        **options,
    )
    batches.set_epoch(epoch)
    return batches


def indices(batches):
    return [index for batch in batches for _, index in batch]


@given(
    runs=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    replicas=st.integers(1, 5),
    window=st.integers(0, 30),
)
def test_every_example_once_but_for_less_than_one_per_device(runs, replicas, window):
    shares = [indices(make(rank, replicas, window, runs=runs)) for rank in range(replicas)]
    assert len({len(share) for share in shares}) == 1
    together = [index for share in shares for index in share]
    assert set(together) == set(range(sum(runs)))
    assert len(together) - sum(runs) < replicas


def test_another_order_in_every_epoch_and_with_every_seed():
    first = indices(make())
    assert first != indices(make(epoch=1)) != indices(make(epoch=2))
    assert first != indices(make(seed=1))
    assert first == indices(make())
    assert first != sorted(first)


def test_few_shards_are_read_at_a_time():
    order = torch.tensor(indices(make(window=25))) // 10  # the shard of each
    for start in range(0, 300, 10):
        assert len(order[start : start + 10].unique()) <= 6
    mixed = [len(order[start : start + 10].unique()) for start in range(50, 250, 10)]
    assert sum(mixed) / len(mixed) > 3  # yet no shard comes in one piece


def test_each_device_reads_its_own_shards():
    shards = [{index // 10 for index in indices(make(rank, 3))} for rank in range(3)]
    assert [len(own) for own in shards] == [10, 10, 10]
    assert len(set.union(*shards)) == 30


def test_batches_of_like_length():
    lengths = torch.randint(5, 30, (300,), generator=torch.Generator().manual_seed(0)).tolist()
    plain = [[lengths[i] for _, i in batch] for batch in make()]
    sort = make(lengths=lengths, bucket_batches=8)
    sorted_ = [[lengths[i] for _, i in batch] for batch in sort]
    padding = [sum(len(row) * max(row) for row in rows) for rows in (plain, sorted_)]
    assert padding[1] < 0.8 * padding[0]
    assert sorted(indices(sort)) == list(range(300))


@pytest.mark.parametrize("rank", [0, 1])
def test_evaluation_keeps_the_order_of_the_data(rank):
    settings = {"rank": rank, "replicas": 2}
    assert list(ShardBatches(23, 4, runs=[20, 3], window=9, **settings)) == list(
        EpochBatches(23, 4, **settings)
    )
