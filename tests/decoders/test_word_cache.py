"""Keys and values of words stay where they are, and each holder's as they were."""

import pytest
import torch

from captioner.decoders.word_cache import WordCache


def words(value: float, count: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Return keys and values of words."""
    return torch.full((3, count, 1, 4), value), torch.full((3, count, 1, 4), -value)  # B = 3


@pytest.fixture
def empty() -> WordCache:
    return WordCache.empty(like=torch.zeros(3, 1, 9, 4), layers=2)


@torch.no_grad()
def test_words_are_kept_in_order_layer_by_layer(empty):
    cache = empty
    for step in range(40):
        cache = cache.extend(2)
        kept = [cache.write(layer, *words(step + 100.0 * layer)) for layer in range(2)]
    assert cache.size == 80
    for layer in range(2):
        expected = 100 * layer + torch.arange(40.0).repeat_interleave(2)
        assert torch.equal(kept[layer][0][2, :, 0, 3], expected)
        assert torch.equal(kept[layer][1][2, :, 0, 3], -expected)


@torch.no_grad()
def test_room_is_taken_in_place(empty):
    cache = empty.extend(2)
    first, _ = cache.write(0, *words(1.0))
    second, _ = cache.extend(2).write(0, *words(2.0))
    assert second.data_ptr() == first.data_ptr()


@torch.no_grad()
def test_a_second_continuation_is_written_elsewhere(empty):
    cache = empty.extend(2)
    cache.write(0, *words(1.0))
    one, _ = cache.extend(2).write(0, *words(2.0))
    other, _ = cache.extend(2).write(0, *words(3.0))
    assert one[0, :, 0, 0].tolist() == [1, 1, 2, 2]
    assert other[0, :, 0, 0].tolist() == [1, 1, 3, 3]


@torch.no_grad()
def test_images_leave(empty):
    cache = empty.extend(1)
    keys = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 1, 4)
    cache.write(0, keys, -keys)
    cache = cache[torch.tensor([2, 0])].extend(1)
    kept = cache.write(0, *(part[:2] for part in words(9.0, count=1)))
    assert kept[0][:, :, 0, 0].tolist() == [[2, 9], [0, 9]]
    assert kept[1][:, :, 0, 0].tolist() == [[-2, -9], [0, -9]]


def test_steps_with_gradients_do_not_overwrite_what_gradients_need(empty):
    cache = empty.extend(1)
    keys, values = words(1.0, count=1)
    found, _ = cache.write(0, keys.requires_grad_(), values)
    squares = found.square().sum()
    cache.extend(1).write(0, *words(2.0, count=1))
    squares.backward()
    assert keys.grad is not None
    assert torch.equal(keys.grad, 2 * keys)
