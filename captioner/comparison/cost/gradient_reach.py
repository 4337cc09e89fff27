"""Vanishing gradients: how far back the gradient of a word reaches."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from captioner.models.caption_model import CaptionModel
from captioner.types import CaptionBatch


def gradient_reach(
    captioner: CaptionModel[Any], batch: CaptionBatch, words: int = 12, captions: int = 64
) -> list[float]:
    """Return how much the last word of a caption depends on the words before it, by distance.

    For a caption y_1 .. y_L, with E y_t the word vector that the decoder reads::

        g_d = | d log p(y_L | y_1 .. y_L-1, image) / d (E y_L-d) |        d = 1, 2, ..

    averaged over captions and divided by g_1. In a recurrent network this gradient passes through
    d - 1 steps more than the first one, each of which may shrink or stretch it (Pascanu et al.,
    2013, "On the difficulty of training recurrent neural networks", section 2); attention reaches
    every word in one step. Dropout is off.

    The word vectors are those of the decoder itself. What an ELMo captioner learns about earlier
    words from its biLM comes on another way, from their spelling, and is not measured.

    Args:
        captioner: A captioner, trained or not.
        batch: Images and their reference captions.
        words: Words of the shortest caption that is looked at, at least 2. The same captions count
            at all distances.
        captions: How many are looked at; the first ones of the batch.

    Returns:
        g_d / g_1 for d = 1 to ``words`` - 1; empty if no caption is that long, or the last word
        does not depend on the one before it.
    """
    batch = batch.to(captioner.device)
    lengths = (batch.captions != captioner.vocabulary.pad).sum(dim=-1) - 2  # without <bos>, <eos>
    chosen = (lengths >= words).nonzero()[:captions]  # (M, 2)
    if not len(chosen):
        return []
    images, references = chosen.unbind(dim=1)
    last = lengths[images, references]  # where the last word stands, (M,)
    shown, places = images.unique(return_inverse=True)
    training = captioner.training
    captioner.eval()
    try:
        with torch.no_grad():
            memory = captioner.memory(batch.images[shown])[places]  # (M, N, D)
        gradients = _gradients(captioner, memory, batch.captions[images, references], last)
    finally:
        captioner.train(training)
    distances = torch.arange(1, words, device=last.device)
    norms = gradients.norm(dim=-1).gather(1, last.unsqueeze(1) - distances)  # (M, words - 1)
    reach = norms.mean(dim=0)
    return (reach / reach[0]).tolist() if reach[0] > 0 else []


def _gradients(
    captioner: CaptionModel[Any], memory: Tensor, captions: Tensor, last: Tensor
) -> Tensor:
    """Return the gradients of log p(y_L) with respect to all word vectors of its caption.

    Args:
        captioner: Its decoder is run.
        memory: Image memory of each caption (M, N, D).
        captions: Captions (M, T).
        last: Where the last word of each stands (M,), at least 1.

    Returns:
        Gradients (M, T - 1, E); those of what is read after y_L-1 are zero.
    """
    decoder, every = captioner.decoder, torch.arange(len(captions), device=captions.device)
    vectors: list[Tensor] = []

    def begin_here(module: nn.Module, read: Any, output: Tensor) -> Tensor:
        vectors.append(output.detach().requires_grad_())
        return vectors[-1]

    hook = decoder.embedding.register_forward_hook(begin_here)
    try:
        with torch.enable_grad():
            read, lengths = captions[:, None, :-1], last.unsqueeze(1)  # one caption an image
            features = decoder.features(memory, read, lengths)[every, 0, last - 1]  # (M, E)
            scores = decoder.readout(features).float().log_softmax(dim=-1)  # (M, V)
            total = scores[every, captions[every, last]].sum()  # no caption changes another's
    finally:
        hook.remove()
    (gradients,) = torch.autograd.grad(total, vectors)
    return gradients.squeeze(1)
