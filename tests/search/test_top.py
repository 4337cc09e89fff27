"""The greatest of many values: those of a full stable sort, whatever the length and the ties."""

import pytest
import torch

from captioner.search.top import top


def sorted_in_full(values, k):
    """Return what Python's stable sort says."""
    found = [
        sorted(enumerate(row), key=lambda pair: -pair[1])[:k]
        for row in values.flatten(0, -2).tolist()
    ]
    shape = (*values.shape[:-1], k)
    greatest = torch.tensor([[value for _, value in row] for row in found]).reshape(shape)
    places = torch.tensor([[place for place, _ in row] for row in found]).reshape(shape)
    return greatest, places


@pytest.mark.parametrize("n", [1, 2, 7, 99, 100, 101, 300, 499, 500, 501, 1000, 1099, 2517, 10_000])
@pytest.mark.parametrize("levels", [2, 5, 40, 10**6], ids=lambda levels: f"{levels} values")
@pytest.mark.parametrize("k", [1, 2, 3, 5, 12])
def test_equals_a_full_sort_ties_included(n, levels, k):
    k = min(k, n)
    generator = torch.Generator().manual_seed(n + levels + k)
    values = torch.randint(levels, (2, 2, n), generator=generator).float()
    values[0, 1, torch.rand(n, generator=generator) < 0.7] = -torch.inf
    values[1, 1] = -torch.inf
    greatest, places = top(values, k)
    expected, index = sorted_in_full(values, k)
    assert torch.equal(greatest, expected)
    assert torch.equal(places, index)


def test_the_greatest_may_all_stand_in_one_block_or_behind_the_last():
    values = torch.arange(1050.0).roll(37)  # the greatest stand at 36, 35, 34, ...
    assert top(values, 4)[1].tolist() == [36, 35, 34, 33]
    values = torch.arange(1050.0)
    assert top(values, 4)[1].tolist() == [1049, 1048, 1047, 1046]


def test_a_view_is_searched_as_it_is():
    values = torch.randn(1000, 3, generator=torch.Generator().manual_seed(0)).t()
    greatest, places = top(values, 4)
    assert torch.equal(greatest, values.contiguous().gather(1, places))
    assert torch.equal(greatest, values.sort(dim=1, descending=True).values[:, :4])
