"""What it costs and saves that threads of OpenMP wait briefly for each other before they sleep.

Ours is how the commands have them wait, the peer a named way: GNU OpenMP's own, which is to try for
long, and none at all, which is to sleep at once. Each runs in processes of its own, because OpenMP
reads the environment once, and in turns; alone on the machine, and beside processes that keep a
core busy each. Weights are random, which costs the same time.

- Caption: five beams for one picture, Transformer decoder.
- Training step: forward, backward and update of the same decoder.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from _captions import BOS, EOS, FIRST_WORD
from _table import Row, arguments, report, seconds

from captioner.__main__ import OPENMP_WAIT_VARIABLES, limit_openmp_spinning
from captioner.decoders import TransformerDecoder
from captioner.search import MinimumLength, beam_search

PEERS: dict[str, dict[str, str]] = {"as OpenMP does": {}, "asleep": {"OMP_WAIT_POLICY": "PASSIVE"}}
IMAGE_TOKENS, BATCH = 49, 16


def measure(width: int, vocabulary: int, words: int, repeats: int) -> dict[str, float]:
    """Return the median milliseconds of each kind of work, in this process."""
    torch.manual_seed(0)
    decoder = TransformerDecoder(vocabulary, width)
    memory = torch.randn(BATCH, IMAGE_TOKENS, width)
    captions = torch.randint(FIRST_WORD, vocabulary, (BATCH, 1, words))
    optimizer = torch.optim.AdamW(decoder.parameters())

    def step() -> None:
        decoder(memory, captions).logsumexp(dim=-1).mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    @torch.no_grad()
    def caption() -> None:
        state = decoder.start(memory[:1])
        first, rules = torch.full((1, 1), BOS), [MinimumLength(words, EOS)]
        beam_search(decoder.step, state, first, eos=EOS, max_words=words, rules=rules, beams=5)

    decoder.eval()
    times = {"caption": _median(caption, repeats)}
    decoder.train()
    return {**times, "training step": _median(step, repeats)}


def _median(action: Callable[[], None], repeats: int) -> float:
    action()  # the first run of anything is slow
    return 1000 * statistics.median(seconds(action) for _ in range(repeats))


def elsewhere(chosen: dict[str, str]) -> dict[str, float]:
    """Return what :func:`measure` does in a process whose threads wait as ``chosen`` says."""
    kept = {name: value for name, value in os.environ.items() if name not in OPENMP_WAIT_VARIABLES}
    command = [sys.executable, *sys.argv, "--here"]
    done = subprocess.run(command, env=kept | chosen, capture_output=True, text=True, check=True)
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Keep ``count`` cores busy, or share them."""
    busy = [multiprocessing.Process(target=_never_rest, daemon=True) for _ in range(count)]
    for process in busy:
        process.start()
    try:
        yield
    finally:
        for process in busy:
            process.kill()


def _never_rest() -> None:
    while True:
        pass


def rows(busy: int, repeats: int) -> Iterator[Row]:
    """Compare our way of waiting with each peer, beside ``busy`` processes."""
    where = f"beside {busy}" if busy else "alone"
    ours = {name: os.environ[name] for name in OPENMP_WAIT_VARIABLES if name in os.environ}
    with neighbours(busy):
        runs = [
            (elsewhere(ours), *(elsewhere(peer) for peer in PEERS.values())) for _ in range(repeats)
        ]
    for place, peer in enumerate(PEERS, start=1):
        for work in runs[0][0]:
            mine, theirs = (
                statistics.median(run[side][work] for run in runs) for side in (0, place)
            )
            yield Row(f"{work} {where}, {peer}", mine, theirs, "ms")


def options() -> ArgumentParser:
    """Return the parser of the settings."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--vocabulary", type=int, default=2_500, help="words of the vocabulary")
    parser.add_argument("--width", type=int, default=512, help="width of the decoder")
    parser.add_argument("--words", type=int, default=12, help="words of a caption")
    parser.add_argument("--runs", type=int, default=10, help="runs within a process")
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 1], help="busy processes beside")
    parser.add_argument("--here", action="store_true", help="measure in this process only")
    return parser


def main() -> None:
    """Print every row."""
    given = options().parse_args()
    torch.set_num_threads(given.threads)
    if given.here:
        print(json.dumps(measure(given.width, given.vocabulary, given.words, given.runs)))
        return
    for name in OPENMP_WAIT_VARIABLES:
        os.environ.pop(name, None)
    limit_openmp_spinning()
    found = [row for busy in given.busy for row in rows(busy, given.repeats)]
    report(found, json_file=given.json, dtype="float32")


if __name__ == "__main__":
    main()
