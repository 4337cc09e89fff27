"""SPICE: objects, attributes and relations that caption and references agree on."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from captioner.errors import CaptionerError
from captioner.scores.java import ScorerMissingError, find_java, find_scorer_file
from captioner.scores.ngrams import Words, check_images
from captioner.scores.score import Score

_MODELS = "stanford-corenlp-3.6.0-models.jar"


def spice(
    captions: Sequence[Words], references: Sequence[Sequence[Words]], *, timeout: float = 3600.0
) -> Score:
    """Score captions with SPICE, a Java program that parses them into scene graphs.

    The F-measure of the facts that caption and references share. Anderson et al., 2016, section 3.
    The program needs the parser models of Stanford CoreNLP 3.6.0, which pycocoevalcap fetches when
    its own ``Spice`` is used for the first time; nothing is fetched here. It asks for 8 GB.

    Args:
        captions: The caption of each of B images, as words.
        references: For each image its references, as words.
        timeout: Seconds after which Java is stopped.

    Returns:
        A score in [0, 1]; the corpus value is the mean over images. An image for which the program
        has no value counts as 0.

    Raises:
        ScorerMissingError: If Java, the program or its models are not installed.
        CaptionerError: If Java fails or takes too long, if there is no image, or one without a
            reference.
    """
    check_images(captions, references)
    java, jar = find_java("SPICE"), find_scorer_file("SPICE", "spice/spice-1.0.jar")
    if not (jar.parent / "lib" / _MODELS).exists():
        raise ScorerMissingError(
            f"SPICE: expected its parser models as {jar.parent / 'lib' / _MODELS} (python -c 'from "
            f"pycocoevalcap.spice.spice import Spice; Spice()' fetches them), found none"
        )
    content = [
        {"image_id": number, "test": " ".join(caption), "refs": list(map(" ".join, others))}
        for number, (caption, others) in enumerate(zip(captions, references, strict=True))
    ]
    with tempfile.TemporaryDirectory() as folder:
        asked, answered, cache = (Path(folder, name) for name in ("in.json", "out.json", "cache"))
        asked.write_text(json.dumps(content), encoding="utf-8")
        cache.mkdir()
        command = [java, "-jar", "-Xmx8G", jar.name, str(asked), "-cache", str(cache)]
        command += ["-out", str(answered), "-subset", "-silent"]
        try:
            subprocess.run(
                command, cwd=jar.parent, check=True, capture_output=True, timeout=timeout
            )
            values = _read(answered, len(captions))
        except subprocess.TimeoutExpired:
            why = f"none within {timeout:g} s"
        except subprocess.CalledProcessError as error:
            why = _last_line(error.stderr) or f"exit code {error.returncode}"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            why = "an answer that cannot be read"
        else:
            return Score.mean(np.nan_to_num(values))
    raise CaptionerError(f"SPICE: expected values from Java, found {why}")


def _read(file: Path, images: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    answer = json.loads(file.read_text(encoding="utf-8"))
    values = {row["image_id"]: row["scores"]["All"]["f"] for row in answer}
    return np.array([float(values[number]) for number in range(images)])


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
