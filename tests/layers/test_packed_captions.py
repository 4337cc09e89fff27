"""Captions lose their padding and get it back."""

import torch

from captioner.layers import PackedCaptions

SHAPE = torch.Size([2, 2, 4])
LENGTHS = torch.tensor([[3, 1], [0, 4]])


def test_packs_the_words_and_nothing_else():
    padded = torch.arange(16.0).view(2, 2, 4, 1)
    packed = PackedCaptions(LENGTHS, SHAPE).pack(padded)
    assert packed.flatten().tolist() == [0, 1, 2, 4, 12, 13, 14, 15]


def test_unpacking_is_the_inverse_with_zeros_for_padding():
    padded = torch.arange(1.0, 17).view(2, 2, 4, 1)
    filled = (torch.arange(4) < LENGTHS.unsqueeze(-1)).unsqueeze(-1)
    packed = PackedCaptions(LENGTHS, SHAPE)
    assert torch.equal(packed.unpack(packed.pack(padded)), padded * filled)


def test_without_lengths_all_words_count():
    padded = torch.randn(2, 2, 4, 3)
    packed = PackedCaptions(None, SHAPE)
    assert packed.pack(padded).shape == (16, 3)
    assert torch.equal(packed.unpack(packed.pack(padded)), padded)


def test_gradients_reach_the_words_and_not_the_padding():
    padded = torch.randn(2, 2, 4, 3, requires_grad=True)
    packed = PackedCaptions(LENGTHS, SHAPE)
    packed.unpack(packed.pack(padded)).sum().backward()
    filled = torch.arange(4) < LENGTHS.unsqueeze(-1)
    assert padded.grad is not None
    assert torch.equal(padded.grad, filled.unsqueeze(-1).float().expand(2, 2, 4, 3))
