"""From how many image tokens on training is quicker through torch's fused attention, on a CPU.

- "Attention": forward and backward of image tokens that read each other, fused
  (``scaled_dot_product_attention``) as ours, written out (``dot_product_attention``) as the peer.
  Where the ratio passes 1 is where ``attend`` changes from one to the other.
- "Step": forward and backward of a Transformer captioner's decoder with two encoder layers, one
  image and five captions of 16 words, without dropout of attention weights as ours, with it as the
  peer, which has to hold all weights to drop some.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from _captions import FIRST_WORD
from _table import Row, arguments, compare, has_bfloat16_rows, report, seconds
from torch import Tensor

from captioner.decoders import TransformerDecoder
from captioner.layers import dot_product_attention

CPU = torch.device("cpu")
IMAGES, REFERENCES, WORDS = 1, 5, 16


def attention_row(tokens: int, options: argparse.Namespace, precision: torch.dtype) -> Row:
    """Compare both forms of attention among so many image tokens."""
    torch.manual_seed(0)
    size = (IMAGES, tokens, options.heads, options.width // options.heads)
    queries, keys, values = (
        torch.randn(size, dtype=precision, requires_grad=True) for _ in range(3)
    )

    def fused() -> Tensor:
        q, k, v = (part.transpose(1, 2) for part in (queries, keys, values))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2)

    def written_out() -> Tensor:
        return dot_product_attention(queries, keys, values)[0]

    def milliseconds(form: Callable[[], Tensor]) -> float:
        count = max(1, 2**20 // tokens**2)

        def several() -> None:
            for _ in range(count):
                form().sum().backward()

        return 1000 * seconds(several) / count

    ours, peer = partial(milliseconds, fused), partial(milliseconds, written_out)
    ours(), peer()  # the first run of anything is slow
    name = f"attention, {tokens:,} tokens, {str(precision).removeprefix('torch.')}"
    return compare(name, ours, peer, unit="ms", repeats=options.repeats)


def step_row(tokens: int, options: argparse.Namespace) -> Row:
    """Compare training steps without and with dropout of attention weights."""
    torch.manual_seed(0)
    captions = torch.randint(FIRST_WORD, options.vocabulary, (IMAGES, REFERENCES, WORDS))
    memory = torch.randn(IMAGES, tokens, options.width)

    def step(attention_dropout: float) -> float:
        decoder.attention_dropout = attention_dropout

        def once() -> None:
            decoder(memory, captions).logsumexp(dim=-1).mean().backward()
            decoder.zero_grad()

        return 1000 * seconds(once)

    decoder = TransformerDecoder(
        options.vocabulary, options.width, encoder_layers=2, feed_forward_size=4 * options.width
    )
    step(0.0), step(0.1)  # the first run of anything is slow
    name = f"step, {tokens:,} tokens"
    return compare(name, partial(step, 0.0), partial(step, 0.1), unit="ms", repeats=options.repeats)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    """Yield all rows."""
    precisions = [torch.float32, *([torch.bfloat16] if has_bfloat16_rows(CPU) else [])]
    for precision in precisions:
        for tokens in options.tokens:
            yield attention_row(tokens, options, precision)
    for tokens in options.tokens:
        yield step_row(tokens, options)


def main() -> None:
    """Measure and report."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[49, 196, 400, 576, 1024])
    parser.add_argument("--heads", type=int, default=8, help="attention heads")
    parser.add_argument("--vocabulary", type=int, default=3000, help="words of the vocabulary")
    parser.add_argument("--width", type=int, default=256, help="width of the decoder")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    report(list(measure(options)), json_file=options.json, dtype="float32 unless named")


if __name__ == "__main__":
    main()
