"""What reading ELMo vectors costs a decoder, next to the same decoder without them.

The biLM is the small published one (two LSTM layers of 1,024 cells, projection 128), frozen, of
which only what reads forward takes part. Weights are random, which costs the same time.

- "Images" has the decoder with ELMo as ours and the one without as the peer; at 0.6x or more the
  first captions at least 60 % as many images in the same time.
- "Per word" compares the decoder with ELMo with itself on shorter captions: at about 1x a word of a
  long caption costs what a word of a short one does.
- "Training" is forward and backward over five captions of an image, 11 words each.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from _decoding import add_sizes, per_image
from _table import Row, arguments, compare, report, seconds
from torch import Tensor

from captioner.decoders import CausalELMo, LSTMDecoder
from captioner.inference.prepacking import prepack
from captioner.language_models import BiLMOptions

IMAGE_TOKENS = 49
SMALL = BiLMOptions(projection_size=128, cell_size=1024, highways=1)
CHARACTERS = 262


def decoders(options: argparse.Namespace) -> tuple[LSTMDecoder, LSTMDecoder]:
    """Return a decoder that reads ELMo vectors, and one that does not."""
    torch.manual_seed(0)
    size = {f"{name}_size": options.width for name in ("embedding", "hidden", "attention")}
    with_elmo, without = (LSTMDecoder(options.vocabulary, options.width, **size) for _ in range(2))
    spelling = torch.randint(1, CHARACTERS, (options.vocabulary, 12))
    with_elmo.attach_elmo(CausalELMo(SMALL, spelling, layers=range(SMALL.layers + 1)))
    return with_elmo, without


def search_rows(options: argparse.Namespace, memory: Tensor) -> list[Row]:
    """Compare searches with and without ELMo, and long captions with short ones."""
    ours, peer = (prepack(decoder.eval()) for decoder in decoders(options))
    rows = []
    for name, beams in (("greedy", 1), ("beam 5", 5)):
        both = [
            partial(per_image, side, memory, beams=beams, words=options.words)
            for side in (ours, peer)
        ]
        both[0](), both[1]()  # the first run of anything is slow, and spells the vocabulary
        row = compare(f"images, {name}", *both, unit="ms/image", repeats=options.repeats)
        print(f"{row.name}: {1000 / row.ours:.1f} images/s, without {1000 / row.peer:.1f} images/s")
        rows.append(row)

    def per_word(length: int) -> float:
        return per_image(ours, memory, beams=5, words=length) / length

    for length in (20, 40, 80):
        longer, shorter = partial(per_word, length), partial(per_word, 5)
        name = f"per word, {length} over 5 words"
        rows.append(compare(name, longer, shorter, unit="ms/word", repeats=options.repeats))
    return rows


def training_row(options: argparse.Namespace, memory: Tensor) -> Row:
    """Compare training steps with and without ELMo."""
    captions = torch.randint(4, options.vocabulary, (len(memory), 5, 11))

    def step(decoder: LSTMDecoder) -> None:
        decoder(memory, captions).logsumexp(dim=-1).mean().backward()
        decoder.zero_grad()

    def per_batch(decoder: LSTMDecoder) -> float:
        return 1000 * seconds(partial(step, decoder))

    ours, peer = (partial(per_batch, decoder.train()) for decoder in decoders(options))
    ours(), peer()  # the first run of anything is slow
    return compare("training", ours, peer, unit="ms/batch", repeats=options.repeats)


def main() -> None:
    """Measure on the CPU; report."""
    parser = arguments(__doc__.splitlines()[0])
    add_sizes(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    memory = torch.randn(options.images, IMAGE_TOKENS, options.width)
    rows = [*search_rows(options, memory), training_row(options, memory)]
    report(rows, json_file=options.json, dtype="float32")


if __name__ == "__main__":
    main()
