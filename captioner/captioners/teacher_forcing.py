"""Cross-entropy: the true captions, word by word, each after the true words before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from captioner.training import WordLoss, mix_in_own_words, word_loss
from captioner.types import CaptionBatch

if TYPE_CHECKING:
    from captioner.captioners.base import Captioner


class TeacherForcing:
    """Make the true captions likelier.

    Attributes:
        own_words: Probability that a word which is read is the decoder's own in place of the true
            one: scheduled sampling.
    """

    def __init__(self) -> None:
        self.own_words = 0.0

    def __call__(
        self, captioner: Captioner, batch: CaptionBatch
    ) -> tuple[Tensor, int, dict[str, Tensor]]:
        """Return the loss of the true words, their number, and their perplexity."""
        memory = captioner.see(batch)
        read = batch.captions[..., :-1]
        if self.own_words > 0:
            words = captioner.vocabulary.NEVER_SAID
            read = mix_in_own_words(captioner.decoder, memory, read, self.own_words, words)
        total, loss, count = teacher_forced_loss(captioner, memory, batch.captions, read)
        return total, count, {"train/perplexity": loss.plain.detach().exp()}


def teacher_forced_loss(
    captioner: Captioner, memory: Tensor, captions: Tensor, read: Tensor | None = None
) -> tuple[Tensor, WordLoss, int]:
    """Return what training minimises, the loss per word, and how many words it averages.

    Padding costs nothing: the product with the vocabulary leaves it out.

    Args:
        captioner: Decodes, and says how much its labels are smoothed.
        memory: Image memory (B, N, D).
        captions: True captions (B, R, T) int64, ``<bos> words <eos>``, then padding.
        read: The words (B, R, T - 1) that the decoder reads; the true ones if not given.
    """
    targets = captions[..., 1:]
    kept = targets != captioner.vocabulary.pad
    features, penalty = captioner.decode(memory, captions[..., :-1] if read is None else read, kept)
    logits = captioner.decoder.readout(features[kept])
    loss = word_loss(logits, targets[kept], captioner.label_smoothing)
    return loss.smoothed + penalty, loss, int(kept.sum())
