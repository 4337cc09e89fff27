"""Prepacked modules compute what the originals do and leave them alone."""

import copy

import pytest
import torch
from torch import nn

from captioner.decoders import LSTMDecoder
from captioner.inference.prepacking import PrepackedLinear, PrepackedLSTMCell, prepack
from captioner.layers import LSTMCell

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN"
)


@pytest.mark.parametrize("shape", [(1, 5), (3, 5), (2, 3, 5), (40, 5), (0, 5)])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_equals_linear(shape, bias):
    torch.manual_seed(0)
    linear, x = nn.Linear(5, 7, bias=bias), torch.randn(shape)
    found = PrepackedLinear(linear.weight, linear.bias)(x)
    torch.testing.assert_close(found, linear(x), rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_reads_a_slice_of_a_larger_tensor():
    torch.manual_seed(0)
    linear, x = nn.Linear(5, 7), torch.randn(4, 6, 9)
    part = x[:, ::2, 2:7]
    found = PrepackedLinear(linear.weight, linear.bias)(part)
    torch.testing.assert_close(found, linear(part), rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_equals_the_cell():
    torch.manual_seed(0)
    cell = LSTMCell(5, 7)
    x, state = torch.randn(2, 3, 5), (torch.randn(2, 3, 7), torch.randn(2, 3, 7))
    torch.testing.assert_close(PrepackedLSTMCell(cell)(x, state), cell(x, state))


def layers(module, *kinds):
    return sum(type(part) in kinds for part in module.modules())


@torch.no_grad()
def test_a_decoder_scores_the_same_words():
    torch.manual_seed(0)
    decoder = LSTMDecoder(23, 16, embedding_size=24, hidden_size=32, attention_size=12).eval()
    before = copy.deepcopy(decoder.state_dict())
    fast = prepack(decoder)
    assert layers(decoder, nn.Linear, LSTMCell) == 8
    assert layers(fast, nn.Linear, LSTMCell) == 1  # the scores of attention
    assert layers(fast, PrepackedLinear) == 7
    memory, tokens = torch.randn(3, 6, 16), torch.randint(23, (3, 4, 2))
    states = [
        each.start(memory).reorder(torch.zeros(3, 2, dtype=torch.long)) for each in (decoder, fast)
    ]
    for words in tokens.unbind(dim=1):
        (expected, states[0]), (found, states[1]) = (
            each.step(words, state) for each, state in zip((decoder, fast), states, strict=True)
        )
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert decoder.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in decoder.state_dict().items())
    assert fast.embedding.weight is decoder.embedding.weight  # shared, not copied


@pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this CPU has no bfloat16"
)
@torch.no_grad()
def test_bfloat16_is_prepacked_too():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(64, 48)).bfloat16()
    fast, x = prepack(module), torch.randn(5, 64).bfloat16()
    assert type(fast[0]) is PrepackedLinear
    torch.testing.assert_close(fast(x), module(x))


@pytest.mark.parametrize("move", [lambda m: m.double(), lambda m: m.half(), lambda m: m.to("meta")])
def test_what_cannot_be_prepacked_stays_itself(move):
    module = move(nn.Sequential(nn.Linear(3, 4)))
    assert prepack(module) is module


def test_bfloat16_stays_itself_where_the_cpu_lacks_it(monkeypatch):
    monkeypatch.setattr("torch.ops.mkldnn._is_mkldnn_bf16_supported", lambda: False)
    module = nn.Sequential(nn.Linear(3, 4)).bfloat16()
    assert prepack(module) is module


def test_without_the_operators_the_module_stays_itself(monkeypatch):
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: False)
    module = nn.Sequential(nn.Linear(3, 4))
    assert prepack(module) is module
