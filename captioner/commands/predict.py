"""``predict``: caption picture files and folders with one checkpoint."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from jsonargparse import ArgumentParser
from jsonargparse.typing import PositiveInt
from tqdm import tqdm

from captioner.captioners import SearchSettings
from captioner.captioners.reranking import RerankSettings, load_reranker
from captioner.commands.messages import parse
from captioner.errors import CaptionerError
from captioner.pipeline import CaptioningPipeline, load_captioner
from captioner.report.attention_files import AttentionFiles
from captioner.types import Caption

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


def run(argv: list[str]) -> int:
    """Caption what ``argv`` names; return 0, or 1 if a picture had to be skipped."""
    settings = parse(_parser(), argv[1:])
    check_out(settings.out)
    files = find_pictures(settings.files)
    search = SearchSettings(**{item.name: settings[item.name] for item in fields(SearchSettings)})
    pipeline = load_captioner(settings.ckpt_path, *settings.ensemble, device=settings.device)
    pipeline.reranker = load_reranker(RerankSettings(**settings.rerank.as_dict()), search)
    attention = _attention_files(settings.attention, pipeline)
    skipped = 0
    with _written(settings.out) as out:
        for path, result in tqdm(
            pipeline.iterate(files, settings.batch_size, search),
            total=len(files),
            unit=" pictures",
            disable=None,  # only where someone is looking
        ):
            if isinstance(result, CaptionerError):
                skipped += 1
                say(f"captioner: skipped {result}", sys.stderr)
                continue
            for caption in result:
                say(f"{path}: {caption.text}", sys.stdout)
            if attention is not None:
                attention.write(path, result[0])
            if out is not None:
                print(json.dumps(to_record(path, result), ensure_ascii=False), file=out)
    return 1 if skipped else 0


def _attention_files(folder: str | None, pipeline: CaptioningPipeline) -> AttentionFiles | None:
    if folder is None:
        return None
    first = pipeline.ensemble.captioners[0]
    return AttentionFiles(folder, pipeline.transforms[0], first.encoder.grid)


def to_record(path: Path, captions: list[Caption]) -> dict[str, Any]:
    """Return the line of the output file for a picture: its best caption, and the others if any.

    Log-probabilities are natural; words of a caption that breaks every rule have none.
    """
    best, *others = (
        {
            "caption": caption.text,
            "log_probability": _finite(caption.log_probability),
            "mean_word_probability": caption.mean_word_probability,
            "words": caption.words,
            "word_log_probabilities": [_finite(score) for score in caption.word_log_probabilities],
        }
        for caption in captions
    )
    return {"file": str(path), **best, **({"others": others} if others else {})}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None  # JSON has no infinity


def find_pictures(names: Iterable[str]) -> list[Path]:
    """Return the picture files that ``names`` stand for.

    Args:
        names: Files, taken as they are, and folders, searched recursively for picture files in
            alphabetical order.

    Raises:
        CaptionerError: If no picture is found at all.
    """
    files: list[Path] = []
    for name in names:
        path = Path(name)
        inside = sorted(path.rglob("*")) if path.is_dir() else []
        files += [p for p in inside if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()]
        files += [] if path.is_dir() else [path]
    if not files:
        raise CaptionerError(f"files: expected pictures, found none in {', '.join(names)}")
    return files


def check_out(name: str | None) -> None:
    """Refuse a name that no file can be written under, before any work is done for it.

    Raises:
        CaptionerError: If the name is empty, a folder's, or in a folder that does not exist.
    """
    if name is None:
        return
    if not name:
        raise CaptionerError("out: expected the name of a file to write, found an empty one")
    path = Path(name)
    if path.is_dir():
        raise CaptionerError(f"out: expected the name of a file to write, found the folder {name}")
    if not path.parent.is_dir():
        raise CaptionerError(f"out: expected a file in a folder that exists, found {name}")


def say(line: str, stream: TextIO) -> None:
    """Print a line beside the progress bar, with escapes for what the screen cannot show."""
    encoding = stream.encoding or "utf-8"
    tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding), file=stream)


@contextmanager
def _written(name: str | None) -> Iterator[TextIO | None]:
    """Open a file under a temporary name and rename it when all of it is there."""
    if name is None:
        yield None
        return
    path = Path(name)
    part = path.with_name(path.name + ".part")
    with _explained(path):
        # the names of files go out as the bytes that they are, UTF-8 or not
        out = part.open("w", encoding="utf-8", errors="surrogateescape")
    try:
        try:
            yield out
        finally:
            with _explained(path):  # closing writes what is left
                out.close()
        with _explained(path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CaptionerError(f"{path}: could not be written ({error.strerror})") from None


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner predict",
        description="Caption pictures: one line each on screen, JSON lines in a file.",
    )
    parser.add_argument("files", nargs="+", type=str, help="Picture files and folders.")
    parser.add_argument("--ckpt_path", type=str, required=True, help="Checkpoint of a captioner.")
    parser.add_argument("--out", type=str | None, default=None, help="JSON lines file to write.")
    parser.add_argument(
        "--attention",
        type=str | None,
        default=None,
        help="Folder for pictures of where the captioner looked for each word.",
    )
    parser.add_argument(
        "--device", type=str, default="cpu", help="cpu, cuda, mps, or auto for the fastest."
    )
    parser.add_argument(
        "--batch_size",
        type=PositiveInt,
        default=32,
        help="Pictures that go through the model together.",
    )
    parser.add_argument(
        "--ensemble",
        type=list[str],
        default=[],
        help="More checkpoints with the same vocabulary; all agree on each word.",
    )
    parser.add_class_arguments(SearchSettings, default={"beams": 5})
    parser.add_class_arguments(RerankSettings, "rerank")
    return parser
