"""The words of the captions in shards, counted once and kept beside them."""

from __future__ import annotations

import io
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from captioner.data.formats.caption_cleaning import learnt_words
from captioner.data.shards.shard_examples import ShardExamples
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.text import Tokenizer

log = logging.getLogger(__name__)

_LONGEST = 65_535


@dataclass(frozen=True)
class CaptionWords:
    """Word counts and lengths of captions, which vocabularies and batches of like length need.

    Attributes:
        counts: How often each word occurs.
        longest: For each example the words of its longest caption.
    """

    counts: dict[str, int]
    longest: np.ndarray[Any, np.dtype[np.uint16]]


def caption_words(split: ShardExamples, tokenizer: Tokenizer) -> CaptionWords:
    """Return the words of a split's captions, from a file beside its shards or else from these.

    No picture is decoded. Once the captions have been read, a file keeps the answer, if the folder
    can be written; a file made of other shards is not used.

    Args:
        split: The split; for one that leaves examples out nothing is kept.
        tokenizer: Splits captions into words.

    Raises:
        CaptionerError: If captions cannot be read.
    """
    kept = _load(_file(split, tokenizer), split) if split.whole else None
    if kept is not None:
        return kept
    found = _count(split, tokenizer)
    if split.whole:
        keep_words(split, tokenizer, found)
    return found


def keep_words(split: ShardExamples, tokenizer: Tokenizer, found: CaptionWords) -> None:
    """Write the words of a whole split beside its shards, if the folder can be written.

    Args:
        split: The split.
        tokenizer: What has split its captions.
        found: The words.
    """
    content = io.BytesIO()
    np.savez_compressed(
        content,
        digest=_text(split.digest),
        words=_text("\n".join(found.counts)),
        counts=np.array(list(found.counts.values()), np.int64),
        longest=found.longest,
    )
    try:
        atomic_write(_file(split, tokenizer), content.getvalue())
    except CaptionerError as error:
        log.info("%s: the captions will be read again", error)


def _file(split: ShardExamples, tokenizer: Tokenizer) -> Path:
    return Path(split.folder) / f"{split.name}.words.{tokenizer.name}.npz"


def _count(split: ShardExamples, tokenizer: Tokenizer) -> CaptionWords:
    counts: Counter[str] = Counter()
    longest = np.zeros(len(split), np.uint16)
    name = f"Words of {split.name}"
    for index, example in enumerate(tqdm(split, name, unit=" pictures", disable=None)):
        captions = learnt_words(example.captions, tokenizer)
        longest[index] = min(_LONGEST, max(map(len, captions)))
        for words in captions:
            counts.update(words)
    return CaptionWords(counts, longest)


def _load(file: Path, split: ShardExamples) -> CaptionWords | None:
    try:
        with np.load(file) as kept:
            if kept["digest"].tobytes().decode() != split.digest:
                return None
            text, counts, longest = kept["words"].tobytes(), kept["counts"], kept["longest"]
        words = text.decode().split("\n") if text else []
        if longest.shape != (len(split),) or (longest.dtype.kind, counts.dtype.kind) != ("u", "i"):
            return None
        return CaptionWords(dict(zip(words, counts.tolist(), strict=True)), longest)
    except Exception:  # numpy, zipfile and zlib raise anything: the captions will be read again
        return None


def _text(text: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(text.encode(), np.uint8)
