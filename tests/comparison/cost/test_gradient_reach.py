"""How far gradients reach: against decoders that can be solved by hand, and word by word."""

import pytest
import torch
from torch import nn

from captioner.comparison.cost.gradient_reach import gradient_reach
from captioner.types import CaptionBatch


class Fading(nn.Module):
    """Add up the word vectors so far, each ``kept`` times as strong as the one after it."""

    def __init__(self, vocabulary_size, kept):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, 6)
        self.output = nn.Linear(6, vocabulary_size)
        self.kept = kept

    def features(self, memory, tokens, lengths=None):
        """Return the sum at every place."""
        total, sums = 0, []
        for vectors in self.embedding(tokens).unbind(dim=2):
            total = self.kept * total + vectors
            sums.append(total)
        return torch.stack(sums, dim=2)

    def readout(self, features):
        """Return logits."""
        return self.output(features)


def random_batch(captioner, *lengths):
    """Return images of which each has captions of so many words."""
    torch.manual_seed(1)
    vocabulary, references = captioner.vocabulary, max(map(len, lengths))
    longest = max(length for own in lengths for length in own)
    captions = torch.full((len(lengths), references, longest + 2), vocabulary.pad)
    for rows, own in zip(captions, lengths, strict=True):
        for row, length in zip(rows, own, strict=False):
            said = torch.randint(4, len(vocabulary), (length,)).tolist()
            row[: length + 2] = torch.tensor([vocabulary.bos, *said, vocabulary.eos])
    images = torch.randn(len(lengths), *captioner.encoder.grid, captioner.encoder.features)
    return CaptionBatch(images.flatten(1, 2), captions)


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0, 1.25])
def test_a_memory_that_fades_by_hand(make_captioner, kept):
    captioner = make_captioner()
    captioner.decoder = Fading(len(captioner.vocabulary), kept)
    found = gradient_reach(captioner, random_batch(captioner, (6, 9), (7, 2)), words=6)
    assert found == pytest.approx([kept**distance for distance in range(5)])


def word_by_word(captioner, images, words):
    """Return the norms of the same gradients, last word first, from the steps of a search."""
    decoder, vectors = captioner.decoder, []

    def begin_here(module, read, output):
        vectors.append(output.detach().requires_grad_())
        return vectors[-1]

    hook = decoder.embedding.register_forward_hook(begin_here)
    state = decoder.start(captioner.memory(images[None]))
    for word in words[:-1]:
        logits, state = decoder.step(word.view(1, 1), state)
    hook.remove()
    gradients = torch.autograd.grad(logits.log_softmax(dim=-1)[0, 0, words[-1]], vectors)
    return torch.stack([gradient.norm() for gradient in reversed(gradients)])


def test_the_same_word_by_word(any_captioner):
    batch = random_batch(any_captioner, (4, 7), (9, 8), (7,))
    any_captioner.eval()
    norms = [
        word_by_word(any_captioner, batch.images[image], row[row != 0][:-1])[:6]
        for image, rows in enumerate(batch.captions)
        for row in rows
        if (row != 0).sum() >= 9
    ]
    expected = torch.stack(norms).mean(dim=0)
    assert len(norms) == 4
    found = gradient_reach(any_captioner.train(), batch, words=7)
    assert found == pytest.approx((expected / expected[0]).tolist(), rel=1e-4)
    assert any_captioner.training


def test_only_so_many_captions_are_looked_at(any_captioner):
    batch = random_batch(any_captioner, (8, 8), (8, 8))
    first = CaptionBatch(batch.images[:1], batch.captions[:1])
    found = gradient_reach(any_captioner, batch, words=8, captions=2)
    assert found == pytest.approx(gradient_reach(any_captioner, first, words=8), rel=1e-5)
    assert found != pytest.approx(gradient_reach(any_captioner, batch, words=8), rel=1e-5)


def test_the_captioner_stays_as_it_was(any_captioner):
    gradient_reach(any_captioner, random_batch(any_captioner, (8,)), words=8)
    assert all(parameter.grad is None for parameter in any_captioner.parameters())
    assert not any_captioner.decoder.embedding._forward_hooks


def test_short_captions_tell_nothing(make_captioner):
    captioner = make_captioner()
    assert gradient_reach(captioner, random_batch(captioner, (5, 3)), words=6) == []


def test_a_decoder_that_does_not_read_tells_nothing(make_captioner):
    captioner = make_captioner()
    captioner.decoder = Fading(len(captioner.vocabulary), 0.5)
    nn.init.zeros_(captioner.decoder.output.weight)
    assert gradient_reach(captioner, random_batch(captioner, (6,)), words=6) == []
