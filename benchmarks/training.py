"""What a training step costs, next to ``torch.nn.TransformerDecoder`` used the usual way.

A step is forward, backward and optimizer, on image tokens that are there already and five captions
for each image. Weights and words are random, which costs the same time.

- "Captions" compares our Transformer decoder with torch's, whose image memory is repeated for each
  caption and whose captions are padded to 22 words. Layers, widths, dropout (0.1, at the same
  places), loss and optimizer are the same; longer captions are cut at 22 words on both sides.
- "Training" has our Transformer as ours and our LSTM as the peer: a training step on one caption
  per image of the length named, before that many image tokens.
- "Generation" compares the same two in the time of a word, averaged over captions of that length.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from _captions import PAD, caption_lengths, random_captions
from _scaling import scaling_rows
from _table import Row, arguments, compare, has_bfloat16_rows, report, seconds
from _torch_decoder import TorchDecoder
from torch import Tensor, nn

from captioner.decoders import TransformerDecoder
from captioner.training import word_loss

IMAGE_TOKENS = 49
REFERENCES = 5
LONGEST = 22
SMOOTHING = 0.1

Loss = Callable[[Tensor, Tensor], Tensor]


class Training:
    """Train a decoder on one batch after the other.

    Args:
        decoder: Its parameters are trained.
        loss: Maps image memory (B, N, D) and captions (B, R, T) to a scalar.
        batches: Memory and captions of each batch.
        precision: Of the products, by autocast; float32 for none.
    """

    def __init__(
        self,
        decoder: nn.Module,
        loss: Loss,
        batches: Sequence[tuple[Tensor, Tensor]],
        precision: torch.dtype,
    ) -> None:
        self.optimizer = torch.optim.AdamW(decoder.parameters(), lr=1e-4)
        self.loss = loss
        self.batches = batches
        self.precision = precision

    def per_caption(self) -> float:
        """Return the milliseconds that a caption takes."""
        count = sum(captions.size(0) * captions.size(1) for _, captions in self.batches)
        return 1000 * seconds(self._epoch) / count

    def _epoch(self) -> None:
        for memory, captions in self.batches:
            device, low = memory.device.type, self.precision != torch.float32
            with torch.autocast(device, self.precision, enabled=low):
                loss = self.loss(memory, captions)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        loss.item()  # a GPU has done its work now


def our_loss(decoder: TransformerDecoder, memory: Tensor, captions: Tensor) -> Tensor:
    """Return the loss per word as our captioners compute it."""
    tokens, targets = captions[..., :-1], captions[..., 1:]
    kept = targets != PAD
    features = decoder.features(memory, tokens, kept.sum(dim=-1))
    return word_loss(decoder.readout(features[kept]), targets[kept], SMOOTHING).smoothed


def caption_row(options: argparse.Namespace, device: torch.device, precision: torch.dtype) -> Row:
    """Compare our decoder with torch's on captions of a real data set's lengths."""
    torch.manual_seed(0)
    sizes = options.vocabulary, options.width
    shape = options.batches, options.images, REFERENCES
    lengths = caption_lengths(options.annotations, shape[0] * shape[1] * shape[2])
    ours: list[tuple[Tensor, Tensor]] = []
    theirs: list[tuple[Tensor, Tensor]] = []
    for batch in lengths.clamp(max=LONGEST).view(shape):
        captions = random_captions(batch, options.vocabulary).to(device)
        # The encoder's tokens go through a layer that is trained too: the memory has a gradient.
        memory = torch.randn(options.images, IMAGE_TOKENS, options.width, device=device)
        memory.requires_grad_()
        ours.append((memory, captions))
        theirs.append((memory, F.pad(captions, (0, LONGEST + 1 - captions.size(-1)), value=PAD)))
    mine = TransformerDecoder(*sizes, layers=options.layers).to(device)
    peer = TorchDecoder(*sizes, layers=options.layers, pad=PAD).to(device)
    training = Training(mine, partial(our_loss, mine), ours, precision)
    other = Training(peer, partial(peer.loss, label_smoothing=SMOOTHING), theirs, precision)
    training.per_caption(), other.per_caption()  # the first run of anything is slow
    name = f"captions, {str(precision).removeprefix('torch.')}"
    row = compare(
        name, training.per_caption, other.per_caption, unit="ms/caption", repeats=options.repeats
    )
    print(f"{row.name}: {1000 / row.ours:.1f} captions/s, peer {1000 / row.peer:.1f} captions/s")
    return row


def measure(options: argparse.Namespace, device: torch.device) -> Iterator[Row]:
    """Yield the rows of a device."""
    yield caption_row(options, device, torch.float32)
    if has_bfloat16_rows(device):
        yield caption_row(options, device, torch.bfloat16)
    yield from scaling_rows(options.width, options.vocabulary, options.repeats, device)


def main() -> None:
    """Measure on the CPU and, where there is one, on a GPU; report."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--annotations", type=Path, help="COCO caption file to take lengths from")
    parser.add_argument("--images", type=int, default=16, help="images of a batch")
    parser.add_argument("--batches", type=int, default=4, help="batches of a run")
    parser.add_argument("--layers", type=int, default=3, help="layers of both decoders")
    parser.add_argument("--vocabulary", type=int, default=10_000, help="words of the vocabulary")
    parser.add_argument("--width", type=int, default=512, help="width of the decoders")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows, device = list(measure(options, torch.device("cpu"))), "cpu"
    if torch.cuda.is_available():
        gpu = measure(options, torch.device("cuda"))
        rows += [Row(f"{row.name}, GPU", row.ours, row.peer, row.unit) for row in gpu]
        device = f"cpu, {torch.cuda.get_device_name()}"
    report(rows, json_file=options.json, dtype="float32 unless named", device=device)


if __name__ == "__main__":
    main()
