"""How much memory training on shards takes, from few pictures to very many.

For each number of pictures a folder of shards is made: one shard of tiny JPEGs with five captions
of ten words each, under as many names as it takes (hard links), and the words of all captions, as
``python -m captioner shard`` keeps them. A new process then shuffles an epoch and reads a part of
it, without cached image tokens. Its peak is what Linux says of it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _training_batches import training_batches
from PIL import Image

from captioner.data.formats.example import Example
from captioner.data.shards.index import INDEX, Shard, ShardIndex, read_index
from captioner.data.shards.shard_examples import ROW, ShardExamples
from captioner.data.shards.tar_writer import write_shard
from captioner.data.shards.words import CaptionWords, caption_words, keep_words
from captioner.text import get_tokenizer

SIZE = 1000  # pictures of a shard
STATUS = Path("/proc/self/status")


def draw(folder: Path) -> Iterator[Example]:
    """Write the pictures of one shard, and say what they show."""
    rng, words = random.Random(0), [f"word{number}" for number in range(3000)]
    for number in range(SIZE):
        noise = np.random.default_rng(number).integers(0, 255, (24, 32, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(noise).save(path)
        captions = tuple(" ".join(rng.choices(words, k=10)) for _ in range(5))
        yield Example(number, str(path), captions)


def multiply(first: Path, folder: Path, count: int) -> None:
    """Make a training part of so many shards, each of them the first one."""
    for number in range(count):
        (folder / f"train-{number:06}.tar").hardlink_to(first)
    size = first.stat().st_size
    shards = [Shard(f"train-{n:06}.tar", SIZE, 5 * SIZE, size) for n in range(count)]
    rows = np.zeros(count * SIZE, ROW)
    rows["image_id"] = np.tile(np.arange(SIZE), count)
    np.save(folder / "train.rows.npy", rows)
    (folder / INDEX).write_text(ShardIndex("generated", {"train": shards}, ["jpg"]).to_json())
    part, tokenizer = ShardExamples(folder, read_index(folder), "train"), get_tokenizer("ptb")
    one = caption_words(part[:SIZE], tokenizer)
    counts = {word: count * often for word, often in one.counts.items()}
    keep_words(part, tokenizer, CaptionWords(counts, np.tile(one.longest[:SIZE], count)))


def measure(folder: Path, read: int) -> tuple[float, float]:
    """Return the peak in MB before anything is read, and after so many pictures of an epoch."""
    before, done = _peak(), 0
    for batch in training_batches(folder):
        done += len(batch)
        if done >= read:
            break
    return before, _peak()


def _peak() -> float:
    # not getrusage: what that says begins with the memory of the process that started this one
    return int(STATUS.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / 1000


def main() -> None:
    """Make shards and have them read, or read them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, nargs="+", default=[10**n for n in range(3, 7)])
    parser.add_argument("--read", type=int, default=20_000, help="pictures of the epoch to read")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.measure:
        print(json.dumps(measure(settings.measure, settings.read)))
        return
    if not STATUS.exists():
        print("memory is measured on Linux only")
        return
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_shard(root / "first.tar", list(draw(root)))
        for pictures in settings.pictures:
            folder = root / str(pictures)
            folder.mkdir()
            multiply(root / "first.tar", folder, pictures // SIZE)
            command = [sys.executable, __file__, f"--measure={folder}", f"--read={settings.read}"]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            before, peak = json.loads(done.stdout.splitlines()[-1])
            found[pictures] = {"before": before, "peak": peak}
            figures = f"{peak:.0f} MB at most, {before:.0f} MB before"
            print(f"{pictures:>10,} pictures: {figures}", flush=True)
    if settings.json:
        settings.json.write_text(json.dumps({"unit": "MB", "pictures": found}, indent=1))


if __name__ == "__main__":
    main()
