"""``predict``: its arguments, and what can be checked before a model is loaded."""

from __future__ import annotations

from dataclasses import fields
from itertools import chain
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import PositiveInt

import captioner.commands.parsing.word_lists  # noqa: F401 - parsers take its words as they are written
from captioner.commands.output_paths import (
    check_output_files,
    check_output_folder,
    refuse_overwriting_inputs,
)
from captioner.commands.parsing.arguments import parse_arguments
from captioner.commands.work.picture_files import FileSlice, PictureFiles
from captioner.commands.work.written_captions import keep_written_captions
from captioner.files import check_file
from captioner.garbage_collection import gc_paused
from captioner.models.search_settings import RerankSettings, SearchSettings
from captioner.visual.map_names import MapNames


def run(argv: list[str]) -> int:
    """Caption what ``argv`` names; return 0, or 1 if a picture had to be skipped."""
    settings = parse_arguments(_parser(), argv[1:])
    check_output_folder(settings.attention, "attention")
    files = PictureFiles(settings.files, FileSlice.parse(settings.part))
    _refuse_overwriting_inputs(settings, files)
    total = files.count()
    search = SearchSettings(**{item.name: settings[item.name] for item in fields(SearchSettings)})
    for checkpoint in (settings.ckpt_path, *settings.ensemble):
        check_file(Path(checkpoint), "a checkpoint file")
    rerank = RerankSettings(**settings.rerank.as_dict())
    if rerank.bilm is not None:
        check_file(Path(rerank.bilm), "a checkpoint file")
    with gc_paused():
        from captioner.commands.work.predict import predict
    return predict(settings, files, total, search)


def _refuse_overwriting_inputs(settings: Namespace, files: PictureFiles) -> None:
    """Refuse to write over a checkpoint, a picture of any slice, or captions beside pictures."""
    models = [settings.ckpt_path, *settings.ensemble, settings.rerank.bilm]
    folders = [name for name in settings.files if Path(name).is_dir()]
    read = chain(models, settings.files, PictureFiles(folders))
    check_output_files({"out": settings.out}, read)
    keep_written_captions(settings.out, settings.files)
    if settings.attention is not None:
        read = chain(models, settings.files, PictureFiles(folders))
        names = MapNames(files.file_slice.folder(settings.attention))
        maps = map(names.take, files) if names.folder.is_dir() else ()
        refuse_overwriting_inputs("attention", maps, read)


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
