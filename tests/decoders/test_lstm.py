"""What is particular to the LSTM decoder."""

import torch

from captioner.decoders import LSTMDecoder


def test_attention_weights_of_every_word():
    torch.manual_seed(0)
    decoder = LSTMDecoder(11, 8, embedding_size=6, hidden_size=6, attention_size=4).eval()
    memory, tokens = torch.randn(2, 9, 8), torch.randint(4, 11, (2, 3, 5))
    features, weights = decoder.unroll(memory, tokens)
    assert features.shape == (2, 3, 5, 6)
    assert weights is not None
    assert weights.shape == (2, 3, 5, 9)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5))
    _, state = decoder.step(tokens[:, :1, 0], decoder.start(memory))
    assert state.attention is not None
    torch.testing.assert_close(state.attention[:, 0], weights[:, 0, 0])


def test_show_and_tell_has_no_attention():
    decoder = LSTMDecoder(11, 8, embedding_size=6, hidden_size=6, attention=False)
    features, weights = decoder.unroll(torch.randn(2, 9, 8), torch.ones(2, 1, 4, dtype=torch.long))
    assert features.shape == (2, 1, 4, 6)
    assert weights is None


def test_show_and_tell_reads_the_average_picture_only():
    torch.manual_seed(0)
    decoder = LSTMDecoder(11, 8, embedding_size=6, hidden_size=6, attention=False).eval()
    memory, tokens = torch.randn(1, 9, 8), torch.ones(1, 1, 4, dtype=torch.long)
    blurred = memory.mean(1, keepdim=True).expand_as(memory)
    torch.testing.assert_close(decoder(memory, tokens), decoder(blurred, tokens))


def test_tied_weights_are_one_parameter():
    decoder = LSTMDecoder(11, 8, embedding_size=6, hidden_size=6, tie_weights=True)
    assert decoder.output.weight is decoder.embedding.weight


def test_every_parameter_learns():
    torch.manual_seed(0)
    for attention in (True, False):
        decoder = LSTMDecoder(11, 8, embedding_size=6, hidden_size=6, attention=attention)
        decoder(torch.randn(2, 9, 8), torch.randint(0, 11, (2, 3, 5))).logsumexp(
            -1
        ).sum().backward()
        for name, parameter in decoder.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name
