"""Sentences come back as they went in, whatever their lengths."""

import pytest
import torch

from captioner.layers import PackedSteps

LENGTHS = [[2, 5, 0, 5, 1], [0, 0], [3, 3, 3], [4]]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("lengths", LENGTHS)
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
@pytest.mark.parametrize("lengths", LENGTHS)
def test_round_trip_zeroes_padding(lengths, backward):
    words = torch.randn(len(lengths), 6, 2)
    packed = PackedSteps(torch.tensor(lengths), 6, backward=backward)
    present = torch.arange(6) < torch.tensor(lengths).unsqueeze(1)
    assert torch.equal(packed.unpack(packed.pack(words)), words * present.unsqueeze(-1))
    assert torch.equal(packed.unsort(packed.sort(words)), words)
