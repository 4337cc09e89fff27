"""``predict``: caption picture files and folders with one checkpoint."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jsonargparse import Namespace
from tqdm import tqdm

from captioner import __version__
from captioner.commands.work.caption_file import CaptionFile
from captioner.commands.work.console import print_line
from captioner.commands.work.picture_files import FileSlice, PictureFiles
from captioner.data.pictures.identity import identity
from captioner.data.pictures.images import DECODER
from captioner.errors import CaptionerError
from captioner.models.reranking import load_reranker
from captioner.models.search_settings import RerankSettings, SearchSettings
from captioner.models.word_constraints import resolve_words, unknown_words
from captioner.pipeline import CaptioningPipeline, load_captioner
from captioner.types import Caption

if TYPE_CHECKING:
    from captioner.visual.attention_files import AttentionFiles


class _Done(Protocol):
    """What tells which pictures have captions, such as a ``CaptionFile``."""

    def __contains__(self, path: Path, /) -> bool: ...


def predict(settings: Namespace, files: PictureFiles, total: int, search: SearchSettings) -> int:
    """Caption pictures; return 0, or 1 if one had to be skipped.

    Args:
        settings: Those of the command.
        files: The pictures.
        total: How many they are.
        search: How captions are found.
    """
    pipeline = load_captioner(settings.ckpt_path, *settings.ensemble, device=settings.device)
    search = _fitted(search, pipeline)
    pipeline.reranker = load_reranker(RerankSettings(**settings.rerank.as_dict()), search)
    attention = _attention_files(settings.attention, files.file_slice, pipeline)
    if settings.out is None:
        found = pipeline.iterate(files, settings.batch_size, search)
        return _caption(found, total, search.captions, attention)
    with CaptionFile(settings.out, run_fingerprint(settings)).open() as out:
        if len(out):
            print_line(
                f"captioner: goes on after the {len(out):,} pictures of {out.partial}", sys.stderr
            )
        if attention is not None:
            for path in filter(out.__contains__, files):
                attention.reserve(path)
        left = remaining(files, out, settings.batch_size)
        found = chain(*(pipeline.iterate(each, settings.batch_size, search) for each in left))
        captions = (each for each in found if each[0] not in out)
        return _caption(captions, total, search.captions, attention, out)


def _fitted(search: SearchSettings, pipeline: CaptioningPipeline) -> SearchSettings:
    """Return the settings in the captioner's own words, and say which it does not know."""
    first = pipeline.ensemble.captioners[0]
    fitted = resolve_words(search, first.vocabulary, first.tokenizer)
    if unknown := unknown_words(search, first.vocabulary, first.tokenizer):
        print_line(
            f"captioner: forbidden_words: not known anyway: {', '.join(unknown)}", sys.stderr
        )
    return fitted


def _caption(
    results: Iterable[tuple[Path, list[Caption] | CaptionerError]],
    total: int,
    asked: int,
    attention: AttentionFiles | None,
    out: CaptionFile | None = None,
) -> int:
    """Print and write captions as they come; return 0, or 1 if a picture had to be skipped."""
    done = 0 if out is None else len(out)
    skipped = fewer = 0
    # a bar only where someone is looking
    for path, result in tqdm(results, total=total, initial=done, unit=" pictures", disable=None):
        if isinstance(result, CaptionerError):
            skipped += 1
            print_line(f"captioner: skipped {result}", sys.stderr)
            continue
        for caption in result:
            print_line(f"{path}: {caption.text}", sys.stdout)
        fewer += len(result) < asked
        if fewer == 1 and len(result) < asked:
            reason = f"found {len(result)} that exist of {path}, and perhaps of others"
            print_line(
                f"captioner: captions: expected {asked} different ones, {reason}", sys.stderr
            )
        if attention is not None:
            attention.write(path, result[0])
        if out is not None:
            out.add(path, result)
    return 1 if skipped else 0


def remaining(
    files: Iterable[Path], done: _Done, batch_size: int
) -> tuple[list[Path], Iterator[Path]]:
    """Return the pictures that were skipped, and those that come after what has captions.

    The last digits of a probability depend on what else is in a batch. So what comes after begins
    where a batch does, some pictures of which may have captions already: then a run that was cut
    short ends with the captions of one that was not.

    Args:
        files: All pictures, in the order of the run; iterated three times.
        done: Those that have captions.
        batch_size: Pictures of a batch.

    Example:
        >>> every = [Path(name) for name in "abcdefg"]
        >>> skipped, rest = remaining(every, [Path("a"), Path("c"), Path("d"), Path("e")], 2)
        >>> [path.name for path in skipped], [path.name for path in rest]
        (['b'], ['e', 'f', 'g'])
    """
    positions = (index for index, path in enumerate(files, start=1) if path in done)
    begin = max(positions, default=0) // batch_size * batch_size
    skipped = [path for path in islice(files, begin) if path not in done]
    return skipped, islice(files, begin, None)


def run_fingerprint(settings: Namespace) -> str:
    """Return letters and digits that stand for all that the captions of a run depend on.

    A checkpoint counts as another one when its file has changed.
    """
    searching = {item.name: settings[item.name] for item in fields(SearchSettings)}
    checkpoints = [settings.ckpt_path, *settings.ensemble, settings.rerank.bilm]
    on = {
        "version": __version__,
        "decoder": DECODER,
        "checkpoints": [identity(path).hex() for path in checkpoints if path is not None],
        "settings": [searching, settings.rerank.as_dict(), settings.part],
    }
    return blake2b(json.dumps(on, sort_keys=True).encode(), digest_size=4).hexdigest()


def _attention_files(
    folder: str | None, file_slice: FileSlice, pipeline: CaptioningPipeline
) -> AttentionFiles | None:
    if folder is None:
        return None
    # Matplotlib takes most of a second; few ask for pictures.
    from captioner.visual.attention_files import AttentionFiles

    first = pipeline.ensemble.captioners[0]
    return AttentionFiles(file_slice.folder(folder), pipeline.transforms[0], first.encoder.grid)
