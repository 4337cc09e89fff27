"""What a biLM's forward pass costs, next to ``torch.nn.LSTM`` with projection, which cannot clip.

Both sides read the same word vectors in both directions with two LSTM layers each, of the published
sizes unless told otherwise. The peer has no clipping and no skip connection. Weights are random,
which costs the same time.

- "LSTMs" is the biLM as it was trained, "prepacked" as the commands run it.
- "From spelling" is the prepacked biLM, from the characters of every word to all layers; the peer
  still starts from word vectors.
- "Forward and backward" has gradients of weights and word vectors.
- "Distinct words" compares character vectors computed once per distinct word (ours) with one for
  each word there is. Words are drawn as in text, where the r-th word is 1 / r as frequent as the
  first.
"""

from __future__ import annotations

import argparse
import random
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import torch
from _table import Row, arguments, compare, report, seconds
from torch import Tensor, nn

from captioner.inference.prepacking import prepack
from captioner.language_models import BiLM, BiLMOptions
from captioner.text.characters import character_ids

VOCABULARY = 10_000
LETTERS = "etaoinshrdlu"


class TorchLSTMs(nn.Module):
    """Read words in both directions with torch's LSTM.

    Args:
        options: Sizes; clipping and skip connections are left out.
    """

    def __init__(self, options: BiLMOptions) -> None:
        super().__init__()
        self.directions = nn.ModuleList(
            nn.LSTM(
                options.projection_size,
                options.cell_size,
                num_layers=options.layers,
                proj_size=options.projection_size,
                batch_first=True,
            )
            for _ in range(2)
        )

    def forward(self, words: Tensor) -> Tensor:
        """Return the top layer of both directions (B, T, 2P) for ``words`` (B, T, P)."""
        forward, backward = self.directions
        left, right = forward(words)[0], backward(words.flip(1))[0].flip(1)
        return torch.cat([left, right], dim=-1)


def random_text(words: int) -> list[str]:
    """Return words that repeat as those of a text do."""
    draw = random.Random(0)
    vocabulary = ["".join(draw.choices(LETTERS, k=draw.randint(1, 10))) for _ in range(VOCABULARY)]
    frequencies = [1 / rank for rank in range(1, VOCABULARY + 1)]
    return draw.choices(vocabulary, frequencies, k=words)


def milliseconds(action: Callable[[], object]) -> float:
    """Return the time of one call."""
    return 1000 * seconds(action)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    """Yield all rows."""
    torch.manual_seed(0)
    sizes = BiLMOptions(projection_size=options.projection, cell_size=options.cell)
    bilm, peer = BiLM(sizes).eval(), TorchLSTMs(sizes)
    packed = prepack(bilm)
    text = random_text(options.sentences * options.words)
    spelling = character_ids(text).view(options.sentences, options.words, -1)
    lengths = torch.full((options.sentences,), options.words)
    words = torch.randn(options.sentences, options.words, options.projection, requires_grad=True)
    print(f"{options.sentences} sentences of {options.words} words, {len(set(text))} distinct")

    def row(name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> Row:
        ours(), theirs()  # the first run of anything is slow
        sides = partial(milliseconds, ours), partial(milliseconds, theirs)
        return compare(name, *sides, unit="ms", repeats=options.repeats)

    with torch.inference_mode():
        torch_lstms = partial(peer, words)
        yield row("LSTMs", partial(bilm, words, lengths), torch_lstms)
        yield row("LSTMs, prepacked", partial(packed, words, lengths), torch_lstms)
        spelt = lambda: packed(packed.characters.distinct(spelling), lengths)  # noqa: E731
        yield row("from spelling, prepacked", spelt, torch_lstms)
        once = partial(packed.characters.distinct, spelling)
        yield row("distinct words, prepacked", once, partial(packed.characters, spelling))
    yield row(
        "forward and backward",
        lambda: bilm(words, lengths)[-1].sum().backward(),
        lambda: peer(words).sum().backward(),
    )


def main() -> None:
    """Measure on the CPU; report."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=64, help="sentences of the batch")
    parser.add_argument("--words", type=int, default=12, help="words of a sentence")
    parser.add_argument("--projection", type=int, default=512, help="width of the hidden states")
    parser.add_argument("--cell", type=int, default=4096, help="width of the cells")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # torch says that oneDNN has no LSTM with projection, and uses its own.
    warnings.filterwarnings("ignore", message="LSTM with projections is not supported")
    report(list(measure(options)), json_file=options.json, dtype="float32")


if __name__ == "__main__":
    main()
