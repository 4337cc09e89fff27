"""What searches cost, next to Hugging Face's ``generate`` of a 6-layer GPT-2 that sees the image.

All captions have the same number of words: ``<eos>`` is forbidden in both. The decoders' weights
are random, which costs the same time.

- Rows named after a decoder compare it with the peer; the Transformer has the peer's layers, width
  and feed-forward blocks. In bf16 both sides have bfloat16 weights. int8 is our Transformer with
  weights and products of 8 bits, next to the peer in bf16. A processor that only emulates bf16 has
  neither.
- "Beam 5 over greedy" has our greedy search as ours and our beam search as the peer: the ratio says
  how many times as much beam search costs.
- "Per image" and "per word" compare our beam 5 with itself on fewer images and shorter captions: at
  1x or more its time grows at most linearly.
- "Step" has the search itself as ours - choosing, re-ordering, bookkeeping - and all of a step as
  the peer; log-softmax counts as the model.
- A photo goes from decoded pixels to a sentence, with EfficientNet-Lite0, 3 beams and a vocabulary
  of 2,500; the peer is the same captioner as it was trained, nothing folded or prepacked.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from _decoding import add_sizes, peer_rows, per_image
from _hugging_face import HuggingFace
from _photo import Photo
from _steps import busy, split_row
from _table import Row, arguments, compare, has_bfloat16_rows, report
from torch import Tensor, nn
from torch.ao.quantization import quantize_dynamic

from captioner.decoders import Decoder, LSTMDecoder, TransformerDecoder
from captioner.inference.prepacking import prepack

IMAGE_TOKENS = 49
LAYERS = 6


def beam_rows(decoder: Decoder[Any], memory: Tensor, words: int, repeats: int) -> Iterator[Row]:
    """Compare beam search with greedy search."""
    # One image alone takes little time, so more runs make a steadier figure.
    for images, runs in ((len(memory), repeats), (1, 5 * repeats)):
        greedy, beam = (
            partial(per_image, decoder, memory[:images], beams=beams, words=words)
            for beams in (1, 5)
        )
        name = f"beam 5 over greedy, batch {images}"
        yield compare(name, greedy, beam, unit="ms/image", repeats=runs)


def growth_rows(decoder: Decoder[Any], memory: Tensor, words: int, repeats: int) -> Iterator[Row]:
    """Compare beam search with itself on more images and for longer captions."""

    def per_word(length: int) -> float:
        return per_image(decoder, memory, beams=5, words=length) / length

    cost = partial(per_image, decoder, beams=5, words=words)
    few = max(1, len(memory) // 4)
    for many in (2 * few, 4 * few):
        more, fewer = partial(cost, memory[:many]), partial(cost, memory[:few])
        name = f"per image, {many} over {few} images"
        yield compare(name, more, fewer, unit="ms/image", repeats=repeats)
    for length in (20, 40):
        longer, shorter = partial(per_word, length), partial(per_word, 10)
        name = f"per word, {length} over 10 words"
        yield compare(name, longer, shorter, unit="ms/word", repeats=repeats)


def transformer_rows(options: argparse.Namespace, memory: Tensor, peer: HuggingFace) -> list[Row]:
    """Compare our Transformer with the peer in each precision that the device has."""
    decoder = TransformerDecoder(
        options.vocabulary, options.width, layers=LAYERS, feed_forward_size=4 * options.width
    )
    decoder = decoder.eval().to(memory)
    rows = [*peer_rows("Transformer", prepack(decoder), peer, memory, options.repeats)]
    if not has_bfloat16_rows(memory.device):
        return rows
    low = memory.bfloat16()
    low_peer = hugging_face(options, like=low)
    low_decoder = prepack(copy.deepcopy(decoder).to(low))
    rows += peer_rows("Transformer, bf16", low_decoder, low_peer, low, options.repeats)
    if memory.device.type == "cpu":  # torch's 8-bit products run there only
        eight = quantize_dynamic(decoder, {nn.Linear}, dtype=torch.qint8)
        rows += peer_rows("Transformer, int8", eight, low_peer, memory, options.repeats)
    return rows


def hugging_face(options: argparse.Namespace, like: Tensor) -> HuggingFace:
    """Return the peer, on the device and in the precision of a tensor."""
    return HuggingFace(options.vocabulary, options.width, LAYERS, options.words, like)


def measure(options: argparse.Namespace, device: torch.device) -> list[Row]:
    """Return the rows of a device."""
    torch.manual_seed(0)
    width, words, repeats = options.width, options.words, options.repeats
    memory = torch.randn(options.images, IMAGE_TOKENS, width, device=device)
    sizes = {"embedding_size": width, "hidden_size": width, "attention_size": width}
    lstm = prepack(LSTMDecoder(options.vocabulary, width, **sizes).eval().to(device))
    peer = hugging_face(options, like=memory)
    rows = [
        *peer_rows("LSTM", lstm, peer, memory, repeats),
        *transformer_rows(options, memory, peer),
        *beam_rows(lstm, memory, words, repeats),
        *growth_rows(lstm, memory, words, repeats),
        split_row(lstm, memory, words, repeats),
        *Photo(vocabulary=2500, beams=3, device=device).rows(runs=10 * repeats),
    ]
    if device.type == "cuda":
        print(busy(lstm, memory, words), busy(lstm, memory[:1], words), sep="\n")
        rows = [Row(f"{row.name}, GPU", row.ours, row.peer, row.unit) for row in rows]
    return rows


def main() -> None:
    """Measure on the CPU and, where there is one, on a GPU; report."""
    parser = arguments(__doc__.splitlines()[0])
    add_sizes(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows, device = measure(options, torch.device("cpu")), "cpu"
    if torch.cuda.is_available():
        rows += measure(options, torch.device("cuda"))
        device = f"cpu, {torch.cuda.get_device_name()}"
    report(rows, json_file=options.json, dtype="float32 unless named", device=device)


if __name__ == "__main__":
    main()
