"""The greatest of many values: those of a full stable sort, whatever the length and the ties."""

import pytest
import torch

from captioner.search.stable_topk import stable_topk


@pytest.fixture(autouse=True, params=["sorted by rows", "in two stages", "as integers"])
def stages(request, monkeypatch):
    """Take each way through the search, whatever the number of values."""
    few, many = {"sorted by rows": (1 << 40, 0), "in two stages": (0, 0)}.get(
        request.param, (0, 1 << 40)
    )
    monkeypatch.setattr("captioner.search.stable_topk._FEW", few)
    monkeypatch.setattr("captioner.search.stable_topk._MANY", many)


def sorted_in_full(values, k):
    """Return what Python's stable sort says."""
    found = []
    for row in values.flatten(0, -2).tolist():
        order = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
        found.append([(row[place], place) for place in order])
    greatest, places = torch.tensor(found, dtype=torch.float64).unbind(-1)
    shape = (*values.shape[:-1], k)
    return greatest.float().reshape(shape), places.long().reshape(shape)


@pytest.mark.parametrize("n", [1, 7, 99, 101, 300, 501, 1099, 10_000])
@pytest.mark.parametrize("levels", [2, 40, 10**6], ids=lambda levels: f"{levels} values")
@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_equals_a_full_sort_ties_included(n, levels, k):
    k = min(k, n)
    generator = torch.Generator().manual_seed(n + levels + k)
    values = torch.randint(levels, (2, 2, n), generator=generator).float() - levels // 2
    values[0] = values[0] / 7  # log-probabilities are no whole numbers
    values[0, -1, torch.rand(n, generator=generator) < 0.7] = -torch.inf
    values[1, -1] = -torch.inf
    greatest, places = stable_topk(values, k)
    expected, index = sorted_in_full(values, k)
    assert torch.equal(greatest, expected)
    assert torch.equal(places, index)


def test_equals_of_different_blocks_come_in_order():
    values = torch.full((1000,), -9.0)
    values[950] = 5.0
    values[[951, 640, 10, 11]] = 3.0
    assert stable_topk(values, 3)[1].tolist() == [950, 10, 11]
    assert stable_topk(values, 4)[1].tolist() == [950, 10, 11, 640]


def test_zeros_are_equal_whatever_their_sign():
    values = torch.full((1000,), -0.0)
    values[500:] = 0.0
    values[40] = -1e-45
    for n in (5, 50, 1000):
        assert stable_topk(values[:n], 4)[1].tolist() == [0, 1, 2, 3]
        assert stable_topk(values[-n:], 4)[1].tolist() == [0, 1, 2, 3]


def test_the_smallest_difference_decides():
    values = torch.full((2, 700), -3.0)
    values[0, 650] = torch.nextafter(torch.tensor(-3.0), torch.tensor(0.0))
    values[1, 3] = torch.nextafter(torch.tensor(-3.0), torch.tensor(-9.0))
    assert stable_topk(values, 3)[1].tolist() == [[650, 0, 1], [0, 1, 2]]
    assert stable_topk(values[:, :5], 4)[1].tolist() == [[0, 1, 2, 3], [0, 1, 2, 4]]


def test_the_greatest_may_all_stand_in_one_block_or_behind_the_last():
    values = torch.arange(1050.0).expand(40, -1)
    assert stable_topk(values, 4)[1].tolist() == [[1049, 1048, 1047, 1046]] * 40
    assert stable_topk(values.roll(37, 1), 4)[1].tolist() == [[36, 35, 34, 33]] * 40


def test_a_view_is_searched_as_it_is():
    values = torch.randn(1000, 40, generator=torch.Generator().manual_seed(0)).t()
    greatest, places = stable_topk(values, 4)
    assert torch.equal(greatest, values.contiguous().gather(1, places))
    assert torch.equal(greatest, values.sort(dim=1, descending=True).values[:, :4])
