"""The peer of our training step: ``torch.nn.TransformerDecoder`` used the usual way."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from captioner.layers import SinusoidalPositions


class TorchDecoder(nn.Module):
    """Score captions with torch's own layers: memory repeated for each caption, all padded alike.

    Sizes and dropout are those of our decoder's defaults.

    Args:
        vocabulary: Number of words.
        width: Width of the model and of the image tokens.
        layers: Number of layers.
        pad: Id of padding.
    """

    def __init__(self, vocabulary: int, width: int, layers: int, pad: int) -> None:
        super().__init__()
        self.pad = pad
        self.scale = width**0.5
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = SinusoidalPositions(width, heads=8)
        self.dropout = nn.Dropout(0.1)
        layer = nn.TransformerDecoderLayer(width, nhead=8, dropout=0.1, batch_first=True)
        self.decoder = nn.TransformerDecoder(layer, layers)
        self.output = nn.Linear(width, vocabulary)

    def loss(self, memory: Tensor, captions: Tensor, label_smoothing: float) -> Tensor:
        """Return the loss per word.

        Args:
            memory: Image memory (B, N, D).
            captions: Captions (B, R, T) int64, ``<bos> words <eos>``, then padding.
            label_smoothing: Probability mass taken from the true word.
        """
        memory = memory.repeat_interleave(captions.size(1), dim=0)  # (B R, N, D)
        captions = captions.flatten(0, 1)
        tokens, targets = captions[:, :-1], captions[:, 1:]
        causal = torch.ones(tokens.size(1), tokens.size(1), dtype=torch.bool, device=tokens.device)
        words = self.dropout(self.positions.add(self.embedding(tokens) * self.scale))
        features = self.decoder(
            words,
            memory,
            tgt_mask=causal.triu(1),
            tgt_is_causal=True,
            tgt_key_padding_mask=tokens == self.pad,
        )
        logits = self.output(features)
        return F.cross_entropy(
            logits.flatten(0, 1).float(),
            targets.flatten(),
            ignore_index=self.pad,
            label_smoothing=label_smoothing,
        )
