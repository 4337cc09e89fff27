"""Histograms of LSTM gates: how far they are open while it captions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from captioner.callbacks.tensorboard import logged_step, writers
from captioner.captioners import Captioner
from captioner.decoders import LSTMDecoder
from captioner.layers import Gates, LSTMCell

_BINS = 50


class GateHistograms(Callback):
    """Write histograms of an LSTM decoder's gates to TensorBoard after each validation.

    They are those of the captions that are being said about the first validation images. A forget
    gate near 1 keeps the cell, one near 0 clears it; a gate that is half open wherever one looks
    has learnt nothing yet. The gates are computed beside the search for captions, which goes on
    as it would; other decoders have none, and other batches are not looked at. ``fit`` only.

    Args:
        images: How many images of the batch to look at.

    Example:
        >>> GateHistograms().tags
        ('gates/input', 'gates/forget', 'gates/candidate', 'gates/output')
    """

    tags = tuple(f"gates/{name}" for name in Gates._fields)

    def __init__(self, images: int = 8) -> None:
        self.images = images
        self._seen: list[Gates] = []
        self._hook: RemovableHandle | None = None

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Look at the cell while the first batch is captioned."""
        if batch_idx > 0 or not isinstance(pl_module, Captioner) or not writers(trainer):
            return
        if isinstance(pl_module.model.decoder, LSTMDecoder):
            self._hook = pl_module.model.decoder.cell.register_forward_hook(self._look)

    def _look(
        self, cell: LSTMCell, inputs: tuple[Tensor, tuple[Tensor, Tensor]], outputs: Any
    ) -> None:
        """Collect the gates of a step: input (B, K, X) and state (B, K, H) before it."""
        x, (hidden, _) = inputs
        gates = cell.gates(x[: self.images], hidden[: self.images])
        self._seen.append(Gates(*(gate.flatten().float().cpu() for gate in gates)))

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Write what was collected, and look no more."""
        if self._hook is None:
            return
        self._hook.remove()
        self._hook, seen, self._seen = None, self._seen, []
        gates = Gates(*map(torch.cat, zip(*seen, strict=True)))
        for writer in writers(trainer):
            for tag, gate in zip(self.tags, gates, strict=True):
                # The same bins for each model and at each step, so that they can be compared.
                bins = np.linspace(-1 if gate is gates.candidate else 0, 1, _BINS + 1)
                values = gate[gate.isfinite()].numpy()
                if len(values):  # none where training has diverged
                    writer.add_histogram(tag, values, logged_step(trainer), bins=bins)
