"""Captions and sentences lose their padding and get it back."""

import pytest
import torch

from captioner.layers import PackedCaptions, PackedSteps

SHAPE = torch.Size([2, 2, 4])
LENGTHS = torch.tensor([[3, 1], [0, 4]])
SENTENCE_LENGTHS = [[2, 5, 0, 5, 1], [0, 0], [3, 3, 3], [4]]


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


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("lengths", SENTENCE_LENGTHS)
def test_steps_are_what_is_read(lengths, backward):
    steps = 5
    words = torch.arange(1, len(lengths) * steps + 1).view(-1, steps)
    packed = PackedSteps(torch.tensor(lengths), steps, backward=backward)
    blocks = packed.pack(words).split(packed.counts)
    assert packed.counts == sorted(packed.counts, reverse=True)
    for row, sentence in enumerate(packed.order.tolist()):
        read = [block[row].item() for block in blocks if row < len(block)]
        expected = words[sentence, : lengths[sentence]].tolist()
        assert read == (expected[::-1] if backward else expected)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("lengths", SENTENCE_LENGTHS)
def test_round_trip_zeroes_padding(lengths, backward):
    words = torch.randn(len(lengths), 6, 2)
    packed = PackedSteps(torch.tensor(lengths), 6, backward=backward)
    present = torch.arange(6) < torch.tensor(lengths).unsqueeze(1)
    assert torch.equal(packed.unpack(packed.pack(words)), words * present.unsqueeze(-1))
    assert torch.equal(packed.unsort(packed.sort(words)), words)
