"""METEOR: words matched exactly, by stem, by synonym and by paraphrase, in order."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from captioner.errors import CaptionerError
from captioner.scores.java import find_java, find_scorer_file
from captioner.scores.ngrams import Words, check_images
from captioner.scores.score import Floats, Score

# Weights of METEOR 1.5 for English: precision against recall, fragmentation (two), content words
# against function words, and the four kinds of matches.
_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
_KINDS = np.array([1.0, 0.6, 0.8, 0.6])
_STATISTICS = 23


def meteor(
    captions: Sequence[Words], references: Sequence[Sequence[Words]], *, timeout: float = 600.0
) -> Score:
    """Score captions with METEOR 1.5, whose matcher runs in Java.

    Denkowski and Lavie, 2014, section 2. The Java program matches the words of captions and
    references; the score is computed here from its counts.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.
        timeout: Seconds after which Java is stopped.

    Returns:
        A score in [0, 1], equal to that of pycocoevalcap's ``Meteor``.

    Raises:
        ScorerMissingError: If Java or the program is not installed.
        CaptionerError: If Java fails or takes too long, if there is no image, or one without a
            reference.
    """
    check_images(captions, references)
    java, jar = find_java("METEOR"), find_scorer_file("METEOR", "meteor/meteor-1.5.jar")
    command = [java, "-Xmx2G", "-jar", jar.name, "-", "-", "-stdio", "-l", "en", "-norm"]
    lines = [
        f"SCORE ||| {' ||| '.join(map(_plain, others))} ||| {_plain(caption)}\n"
        for caption, others in zip(captions, references, strict=True)
    ]
    table = np.array(_run(command, jar.parent, lines, timeout))
    return Score.summed(meteor_values(table), _without_perfect_chunks(table), meteor_values)


def meteor_values(statistics: Floats) -> Floats:
    """Compute METEOR (...) from the counts of the Java program (..., 23).

    The counts: words of caption and reference; function words of both; for each kind of match
    content words of caption and reference, function words of both; chunks; matched words of both.
    """
    lengths, functions = statistics[..., 0:2], statistics[..., 2:4]
    kinds = statistics[..., 4:20].reshape(*statistics.shape[:-1], 4, 2, 2)
    content, function = kinds[..., 0, :], kinds[..., 1, :]
    chunks, matched = statistics[..., 20], statistics[..., 21:23]
    weighted = _DELTA * content + (1 - _DELTA) * function
    found = np.einsum("...kw,k->...w", weighted, _KINDS)
    possible = _DELTA * (lengths - functions) + (1 - _DELTA) * functions
    precision, recall = np.moveaxis(_divide(found, possible), -1, 0)
    mean = _divide(precision * recall, _ALPHA * precision + (1 - _ALPHA) * recall)
    perfect = (matched == lengths).all(-1) & (chunks == 1)
    fragments = np.where(perfect, 0.0, _divide(chunks, matched.mean(-1)))
    return mean * (1 - _GAMMA * fragments**_BETA)


def _without_perfect_chunks(statistics: Floats) -> Floats:
    """Return the counts to sum: a caption that matches word for word adds no chunk."""
    perfect = (statistics[:, 21:23] == statistics[:, 0:2]).all(1) & (statistics[:, 20] == 1)
    summed = statistics.copy()
    summed[perfect, 20] = 0
    return summed


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _plain(words: Words) -> str:
    """Join the words without what separates sentences in the language of the program."""
    return " ".join(words).replace("\n", " ").replace("|||", "").replace("  ", " ")


def _run(command: list[str], folder: Path, lines: list[str], timeout: float) -> list[list[float]]:
    """Return the counts that the program answers to each line."""
    late = threading.Event()
    with tempfile.TemporaryFile() as errors:
        try:
            with subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
            ) as process:

                def stop() -> None:
                    late.set()
                    process.kill()

                watch = threading.Timer(timeout, stop)
                watch.start()
                try:
                    return [_ask(process, line) for line in lines]
                finally:
                    watch.cancel()
                    process.kill()
        except (OSError, ValueError):
            failed = f"a program that failed{_error_line(errors)}"
            found = f"none within {timeout:g} s" if late.is_set() else failed
            raise CaptionerError(f"METEOR: expected counts from Java, found {found}") from None


def _error_line(errors: IO[bytes]) -> str:
    """Return, in brackets, the first line of what a program wrote to its errors, if it did."""
    errors.seek(0)
    line = errors.read(1000).decode("utf-8", "replace").partition("\n")[0].strip()
    return f" ({line})" if line else ""


def _ask(process: subprocess.Popen[str], line: str) -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    counts = [float(count) for count in process.stdout.readline().split()]
    if len(counts) != _STATISTICS:
        raise ValueError(counts)
    return counts
