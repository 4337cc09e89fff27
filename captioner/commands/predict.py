"""``predict``: caption picture files and folders with one checkpoint."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import fields
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import TextIO

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import PositiveInt
from tqdm import tqdm

import captioner.commands.written_words  # noqa: F401 - parsers take its words as they are written
from captioner import __version__
from captioner.commands.arguments import parse
from captioner.commands.caption_file import CaptionFile
from captioner.commands.outputs import check_folder, check_outputs, keep_inputs
from captioner.commands.picture_files import Part, PictureFiles
from captioner.commands.remaining import remaining
from captioner.data.pictures.images import DECODER
from captioner.data.token_cache.cache import identity
from captioner.errors import CaptionerError
from captioner.models.reranking import load_reranker
from captioner.models.search_settings import RerankSettings, SearchSettings
from captioner.models.search_words import fit_to_words, unknown_words
from captioner.pipeline import CaptioningPipeline, load_captioner
from captioner.types import Caption
from captioner.visual.attention_files import AttentionFiles, MapNames

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def run(argv: list[str]) -> int:
    """Caption what ``argv`` names; return 0, or 1 if a picture had to be skipped."""
    settings = parse(_parser(), argv[1:])
    check_folder(settings.attention, "attention")
    files = PictureFiles(settings.files, Part.parse(settings.part))
    _keep_inputs(settings, files)
    total = files.count()
    search = SearchSettings(**{item.name: settings[item.name] for item in fields(SearchSettings)})
    pipeline = load_captioner(settings.ckpt_path, *settings.ensemble, device=settings.device)
    search = _fitted(search, pipeline)
    pipeline.reranker = load_reranker(RerankSettings(**settings.rerank.as_dict()), search)
    attention = _attention_files(settings.attention, files.part, pipeline)
    if settings.out is None:
        found = pipeline.iterate(files, settings.batch_size, search)
        return _caption(found, total, search.captions, attention)
    with CaptionFile(settings.out, run_key(settings)).open() as out:
        if len(out):
            say(f"captioner: goes on after the {len(out):,} pictures of {out.part}", sys.stderr)
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
    fitted = fit_to_words(search, first.vocabulary, first.tokenizer)
    if unknown := unknown_words(search, first.vocabulary, first.tokenizer):
        say(f"captioner: forbidden_words: not known anyway: {', '.join(unknown)}", sys.stderr)
    return fitted


def _keep_inputs(settings: Namespace, files: PictureFiles) -> None:
    """Refuse to write over a checkpoint or a picture, those of other parts included."""
    models = [settings.ckpt_path, *settings.ensemble, settings.rerank.bilm]
    folders = [name for name in settings.files if Path(name).is_dir()]
    read = chain(models, settings.files, PictureFiles(folders))
    check_outputs({"out": settings.out}, read)
    if settings.attention is not None:
        read = chain(models, settings.files, PictureFiles(folders))
        names = MapNames(_map_folder(settings.attention, files.part))
        maps = map(names.take, files) if names.folder.is_dir() else ()
        keep_inputs("attention", maps, read)


def _caption(
    results: Iterable[tuple[Path, list[Caption] | CaptionerError]],
    total: int,
    asked: int,
    attention: AttentionFiles | None,
    out: CaptionFile | None = None,
) -> int:
    """Say and write captions as they come; return 0, or 1 if a picture had to be skipped."""
    done = 0 if out is None else len(out)
    skipped = fewer = 0
    # a bar only where someone is looking
    for path, result in tqdm(results, total=total, initial=done, unit=" pictures", disable=None):
        if isinstance(result, CaptionerError):
            skipped += 1
            say(f"captioner: skipped {result}", sys.stderr)
            continue
        for caption in result:
            say(f"{path}: {caption.text}", sys.stdout)
        fewer += len(result) < asked
        if fewer == 1 and len(result) < asked:
            reason = f"found {len(result)} that exist of {path}, and perhaps of others"
            say(f"captioner: captions: expected {asked} different ones, {reason}", sys.stderr)
        if attention is not None:
            attention.write(path, result[0])
        if out is not None:
            out.add(path, result)
    return 1 if skipped else 0


def run_key(settings: Namespace) -> str:
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
    folder: str | None, part: Part, pipeline: CaptioningPipeline
) -> AttentionFiles | None:
    if folder is None:
        return None
    first = pipeline.ensemble.captioners[0]
    return AttentionFiles(_map_folder(folder, part), pipeline.transforms[0], first.encoder.grid)


def _map_folder(folder: str, part: Part) -> Path:
    """Return where the maps of a part go, whose process knows nothing of the other parts' names."""
    return Path(folder) if part.of == 1 else Path(folder) / f"{part.number}-of-{part.of}"


def say(line: str, stream: TextIO) -> None:
    r"""Print a line beside the progress bar, with escapes for what the screen cannot show.

    Control characters, which a picture in someone's archive may have in its name, are escaped too:
    a terminal would obey them.

    Example:
        >>> say("red.png: \x1b[31mA dog.", sys.stdout)
        red.png: \x1b[31mA dog.
    """
    line = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], line)
    encoding = stream.encoding or "utf-8"
    tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m captioner predict",
        description="Caption pictures: one line each on screen, JSON lines in a file.",
    )
    parser.add_argument("files", nargs="+", type=str, help="Picture files and folders.")
    parser.add_argument("--ckpt_path", type=str, required=True, help="Checkpoint of a captioner.")
    parser.add_argument(
        "--out",
        type=str | None,
        default=None,
        help="JSON lines file to write. The same command goes on where it was interrupted.",
    )
    parser.add_argument(
        "--part",
        type=str,
        default="1/1",
        help="Work on every so many-th picture only, one of as many processes: 1/4, 2/4, ..",
    )
    parser.add_argument(
        "--attention",
        type=str | None,
        default=None,
        help="Folder for pictures of where the captioner looked for each word; of each part, a"
        " folder in it.",
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
