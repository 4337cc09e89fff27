"""``predict``: caption picture files and folders with one checkpoint."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jsonargparse import ArgumentParser
from jsonargparse.typing import PositiveInt
from tqdm import tqdm

from captioner.commands.messages import parse
from captioner.errors import CaptionerError
from captioner.pipeline import load_captioner
from captioner.types import Caption

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


def run(argv: list[str]) -> int:
    """Caption what ``argv`` names; return 0, or 1 if a picture had to be skipped."""
    settings = parse(_parser(), argv[1:])
    files = find_pictures(settings.files)
    pipeline = load_captioner(settings.ckpt_path, settings.device)
    skipped = 0
    with _written(settings.out) as out:
        for path, result in tqdm(
            pipeline.iterate(files, settings.batch_size),
            total=len(files),
            unit=" pictures",
            disable=None,  # only where someone is looking
        ):
            if isinstance(result, CaptionerError):
                skipped += 1
                tqdm.write(f"captioner: skipped {result}", file=sys.stderr)
                continue
            tqdm.write(f"{path}: {result.text}")
            if out is not None:
                print(json.dumps(to_record(path, result), ensure_ascii=False), file=out)
    return 1 if skipped else 0


def to_record(path: Path, caption: Caption) -> dict[str, str | float]:
    """Return the line of the output file for a picture."""
    return {
        "file": str(path),
        "caption": caption.text,
        "log_probability": caption.log_probability,
        "mean_word_probability": caption.mean_word_probability,
    }


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


@contextmanager
def _written(name: str | None) -> Iterator[TextIO | None]:
    """Open a file under a temporary name and rename it when all of it is there."""
    if name is None:
        yield None
        return
    path = Path(name)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as out:
            yield out
        part.replace(path)
    except OSError as error:
        raise CaptionerError(f"{path}: could not be written ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner predict",
        description="Caption pictures: one line each on screen, JSON lines in a file.",
    )
    parser.add_argument("files", nargs="+", type=str, help="Picture files and folders.")
    parser.add_argument("--ckpt_path", type=str, required=True, help="Checkpoint of a captioner.")
    parser.add_argument("--out", type=str | None, default=None, help="JSON lines file to write.")
    parser.add_argument(
        "--device", type=str, default="cpu", help="cpu, cuda, mps, or auto for the fastest."
    )
    parser.add_argument(
        "--batch_size",
        type=PositiveInt,
        default=32,
        help="Pictures that go through the model together.",
    )
    return parser
