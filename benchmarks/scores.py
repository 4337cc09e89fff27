"""What scores cost, next to pycocoevalcap: tokens, BLEU, ROUGE-L and CIDEr of the same captions.

Every run starts cold, from raw captions or, for a single score, from words. One human caption of
each image is scored against its others. Without ``--annotations`` captions are drawn from random
words with the frequencies of language; figures worth quoting come from COCO val2017::

    python benchmarks/scores.py --annotations captions_val2017.json

- The prepared row scores 250 captions against references that were prepared once, as
  self-critical training does; pycocoevalcap cannot prepare and scores the 250 images alone.
- The last row compares our cost per image for 20 times as many images (in place of "peer": the
  set itself), which shows that it grows linearly.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from _table import Row, arguments, compare, report, seconds
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer as JavaTokenizer

from captioner.scores import CiderScorer, bleu, cider, rouge_l, score_captions
from captioner.text import PTBTokenizer

Words = list[list[str]]
Spaced = dict[int, list[str]]
BATCH = 250


def read_images(annotations: Path | None) -> list[list[str]]:
    """Return at least two captions of each image."""
    if annotations is None:
        return random_images(5000)
    opened = gzip.open if annotations.suffix == ".gz" else open
    with opened(annotations, "rt", encoding="utf-8") as file:
        content = json.load(file)
    images: dict[int, list[str]] = {}
    for annotation in content["annotations"]:
        images.setdefault(annotation["image_id"], []).append(annotation["caption"])
    return [captions for captions in images.values() if len(captions) > 1]


def random_images(count: int) -> list[list[str]]:
    """Draw five captions for each image, most of their words from a few that the image prefers."""
    random_ = random.Random(0)
    words = ["".join(random_.choices("abdeiklmnorstu", k=6)) for _ in range(8000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    pool = random_.choices(words, weights, k=1_000_000)

    def caption(topic: list[str]) -> str:
        return " ".join(random_.choices(topic, k=random_.randint(8, 13))).capitalize() + "."

    topics = (random_.sample(pool, 15) for _ in range(count))
    return [[caption(topic) for _ in range(5)] for topic in topics]


def our_words(images: list[list[str]]) -> tuple[Words, list[Words]]:
    """Tokenize captions and references with a tokenizer that remembers nothing yet."""
    tokenize = PTBTokenizer().tokenize
    words = [[tokenize(caption) for caption in each] for each in images]
    return [each[0] for each in words], [each[1:] for each in words]


def our_total(images: list[list[str]]) -> dict[str, float]:
    """Score raw captions with everything that needs no Java."""
    return {name: score.corpus for name, score in score_captions(*our_words(images)).items()}


class Sides:
    """Hold the captions in the shapes that both sides take, and run either side."""

    def __init__(self, images: list[list[str]]) -> None:
        self.images = images
        self.captions, self.references = our_words(images)
        self.results = {i: [" ".join(caption)] for i, caption in enumerate(self.captions)}
        self.truth = {i: list(map(" ".join, each)) for i, each in enumerate(self.references)}

    def their_words(self) -> tuple[Spaced, Spaced]:
        """The same with the Java tokenizer, in its two usual calls."""
        results = {i: [{"caption": each[0]}] for i, each in enumerate(self.images)}
        truth = {i: [{"caption": text} for text in each[1:]] for i, each in enumerate(self.images)}
        return JavaTokenizer().tokenize(results), JavaTokenizer().tokenize(truth)

    def their_total(self) -> dict[str, float]:
        """The same by pycocoevalcap."""
        results, truth = self.their_words()
        values = {
            f"BLEU-{n}": float(value)
            for n, value in enumerate(Bleu(4).compute_score(truth, results, verbose=0)[0], 1)
        }
        values["ROUGE-L"] = float(Rouge().compute_score(truth, results)[0])
        values["CIDEr"] = float(Cider().compute_score(truth, results)[0])
        return values


def differing_captions(sides: Sides) -> str:
    """Say how many captions have other words in Java, which sees all captions as one text.

    There "letter T." followed by a line that begins with "A" ends a sentence, so that the words of
    a caption depend on the next one. Ours are those before any other neighbour.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        results, truth = sides.their_words()
    pairs = list(zip(sides.results.values(), results.values(), strict=True))
    pairs += zip(sides.truth.values(), truth.values(), strict=True)
    differing = sum(
        mine != their for ours, theirs in pairs for mine, their in zip(ours, theirs, strict=True)
    )
    return f"{differing} captions have other words in Java because of the caption after them"


def row(name: str, ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> Row:
    """Time both sides in turns."""
    return compare(name, lambda: seconds(ours), lambda: quiet(peer), unit="s", repeats=repeats)


def quiet(action: Callable[[], object]) -> float:
    """Return the seconds of one call that prints things nobody asked for."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return seconds(action)


def prepared_row(sides: Sides, repeats: int) -> Row:
    """Time one batch against prepared references."""
    scorer = CiderScorer(sides.references)
    chosen = random.Random(0).sample(range(len(sides.images)), min(BATCH, len(sides.images)))
    captions = [sides.captions[image] for image in chosen]
    results = {image: sides.results[image] for image in chosen}
    truth = {image: sides.truth[image] for image in chosen}
    return compare(
        f"CIDEr of {len(chosen)} captions, prepared",
        lambda: 1000 * seconds(lambda: scorer(captions, chosen)),
        lambda: 1000 * quiet(lambda: Cider().compute_score(truth, results)),
        unit="ms",
        repeats=max(repeats, 7),
    )


def growth_row(images: list[list[str]]) -> Row:
    """Time many images; memory is the growth of the process's peak over the loaded input."""
    many = images * 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = 1000 * seconds(lambda: our_total(many)) / len(many)
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    small = 1000 * seconds(lambda: our_total(images)) / len(images)
    print(f"{len(many)} images: memory grew by {megabytes:.0f} MB over the input")
    return Row(f"ms per image, {len(many)} images", large, small, "ms")


def main() -> None:
    """Run the comparisons and check that both sides print the same scores."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--annotations", type=Path, help="a COCO caption file, may end in .gz")
    parser.add_argument("--large", action="store_true", help="also score 20 times as many images")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = read_images(options.annotations)
    # First, as the other side would hide what memory ours takes.
    growth = [growth_row(images)] if options.large else []
    sides = Sides(images)
    captions, references, results, truth = (
        sides.captions,
        sides.references,
        sides.results,
        sides.truth,
    )
    repeats = options.repeats
    print(f"{len(images)} images, {sum(map(len, references))} references")
    rows = [
        row(
            "BLEU-1..4",
            lambda: bleu(captions, references),
            lambda: Bleu(4).compute_score(truth, results, verbose=0),
            repeats,
        ),
        row(
            "ROUGE-L",
            lambda: rouge_l(captions, references),
            lambda: Rouge().compute_score(truth, results),
            repeats,
        ),
        row(
            "CIDEr",
            lambda: cider(captions, references),
            lambda: Cider().compute_score(truth, results),
            repeats,
        ),
    ]
    if shutil.which("java") is None:
        print("Java is not installed: no comparison of tokens and of the total")
    else:
        rows.insert(0, row("PTB tokens", lambda: our_words(images), sides.their_words, repeats))
        rows.append(
            row("all, from raw captions", lambda: our_total(images), sides.their_total, repeats)
        )
        print(differing_captions(sides))
        ours, theirs = our_total(images), sides.their_total()
        for name, value in ours.items():
            print(f"{name}: {value:.12f}, pycocoevalcap {theirs[name]:.12f}")
    rows.append(prepared_row(sides, repeats))
    report(rows + growth, json_file=options.json, dtype="float64")


if __name__ == "__main__":
    main()
