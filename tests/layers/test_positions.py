"""Where a word stands, told in three ways."""

import math

import pytest
import torch

from captioner.layers import POSITIONS, LearnedPositions, RotaryPositions, SinusoidalPositions


@pytest.mark.parametrize("scheme", POSITIONS)
def test_a_caption_in_parts_is_the_caption_at_once(scheme):
    torch.manual_seed(0)
    positions = POSITIONS[scheme](8, 2)
    words, heads = torch.randn(3, 6, 8), torch.randn(3, 6, 2, 4)
    added, turned = positions.add(words), positions.rotate(heads)
    for t in range(6):
        torch.testing.assert_close(positions.add(words[:, t : t + 1], t), added[:, t : t + 1])
        torch.testing.assert_close(positions.rotate(heads[:, t : t + 1], t), turned[:, t : t + 1])
    changed = not torch.equal(added, words), not torch.equal(turned, heads)
    assert changed == ((False, True) if scheme == "rotary" else (True, False))


def test_every_position_has_a_sinusoid_of_its_own():
    waves = SinusoidalPositions(8, 2).add(torch.zeros(50, 8))
    for t in (0, 1, 17, 49):
        for i in range(4):
            angle = t / 10_000 ** (2 * i / 8)
            assert waves[t, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert waves[t, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)
    assert torch.cdist(waves, waves).fill_diagonal_(9).min() > 0.1


def test_rotary_products_depend_on_the_distance_only():
    torch.manual_seed(0)
    rotary = RotaryPositions(8, 2)
    query, key = torch.randn(1, 2, 4), torch.randn(1, 2, 4)

    def product(at: int, of: int) -> torch.Tensor:
        return (rotary.rotate(query, at) * rotary.rotate(key, of)).sum(-1)

    torch.testing.assert_close(product(3, 1), product(13, 11))
    assert not torch.allclose(product(3, 1), product(4, 1))
    torch.testing.assert_close(product(7, 7), (query * key).sum(-1))


def test_learnt_positions_end():
    positions = LearnedPositions(8, 2)
    with pytest.raises(ValueError, match="words: expected at most 512 of them, found 513"):
        positions.add(torch.zeros(1, 1, 8), first=512)


@pytest.mark.parametrize(
    ("scheme", "width", "heads"), [(SinusoidalPositions, 7, 1), (RotaryPositions, 6, 2)]
)
def test_waves_need_even_widths(scheme, width, heads):
    with pytest.raises(ValueError, match=f"width: expected an even number .* found {width}"):
        scheme(width, heads)
