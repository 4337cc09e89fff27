"""Annotation files, results files and tables of weights of words."""

import gzip
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

from captioner.commands.parsing.config_files import resolve_config_files
from captioner.data.datamodules.folder import FolderDataModule
from captioner.data.formats.coco import read_coco
from captioner.data.formats.example import Example
from captioner.data.formats.flickr import pick_listed, read_flickr_tokens
from captioner.data.formats.karpathy import read_karpathy
from captioner.data.formats.results_file import read_results
from captioner.data.sentences.sources import read_text_source
from captioner.scores.idf import IdfTable
from tests.fuzz import blocks
from tests.fuzz.format import Format
from tests.fuzz.mutations import mutate_blocks
from tests.fuzz.texts import mutate_json, mutate_lines

_NAMES = ("a.jpg", "b.jpg", "sub/é.jpg")
_EXAMPLES = [Example(number, name, ("A dog.",)) for number, name in enumerate(_NAMES, 1)]


def _json(*contents: object) -> list[bytes]:
    return [json.dumps(content).encode() for content in contents]


def _lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _coco(**more: str) -> list[bytes]:
    images = [
        {"id": number, "file_name": name, "width": 4, "height": 3, **more}
        for number, name in enumerate(_NAMES, 1)
    ]
    annotations = [
        {"id": number, "image_id": 1 + number % 3, "caption": f"A dog {number}."}
        for number in range(6)
    ]
    return _json({"info": {}, "licenses": [], "images": images, "annotations": annotations})


def _karpathy() -> list[bytes]:
    images = [
        {
            "filename": name,
            "filepath": "val2014",
            "imgid": number,
            "cocoid": 7 * number,
            "split": split,
            "sentids": [number],
            "sentences": [{"raw": "A dog.", "tokens": ["a", "dog"], "imgid": number, "sentid": 1}],
        }
        for number, (name, split) in enumerate(zip(_NAMES, ("train", "val", "test"), strict=True))
    ]
    return _json({"images": images, "dataset": "flickr8k"})


def _tokens() -> list[bytes]:
    lines = [f"{name}#{number}\tA dog {number} ." for name in _NAMES[:2] for number in range(3)]
    return ["\n".join(lines).encode() + b"\n"]


def _results_csv() -> list[bytes]:
    lines = [f"{name}| {number}| A dog {number} ." for name in _NAMES[:2] for number in range(3)]
    return ["\n".join(["image_name| comment_number| comment", *lines]).encode() + b"\n"]


def _table(separator: str) -> list[bytes]:
    rows = [("file", "caption", "split", "group")]
    rows += [(name, '"A dog, ""brown""."', "train", "x") for name in _NAMES]
    rows += [("c.jpg", "Two cats.", "val", ""), ("d.jpg", "One bird.", "test", "")]
    wide = [
        ("file_name", "caption_0", "caption_1"),
        *((n, "A dog.", "It runs.") for n in "abcdefgh"),
    ]
    return [
        "\n".join(separator.join(row) for row in each).encode() + b"\n" for each in (rows, wide)
    ]


def _table_lines() -> list[bytes]:
    rows = [{"file": name, "captions": ["A dog.", "It runs."]} for name in _NAMES]
    split = [{**row, "split": "train", "group": "x"} for row in rows]
    return [_lines(*rows, {"file_name": "c.jpg", "caption": "A cat."}), _lines(*split)]


def _text_lines() -> list[bytes]:
    return [_lines(*({"image": name, "captions": ["A dog.", "It runs."]} for name in _NAMES))]


def _packed_lines() -> list[bytes]:
    return [gzip.compress(lines, mtime=0) for lines in _text_lines()]


def _mutate_packed(rng: Random, seeds: Sequence[bytes]) -> bytes:
    if rng.random() < 0.5:
        return mutate_blocks(rng, seeds, blocks.split_gzip, blocks.join_gzip)
    return gzip.compress(mutate_json(rng, _text_lines()), 1, mtime=0)


def _results() -> list[bytes]:
    by_id = [{"image_id": number, "caption": "A dog."} for number in (1, 2, 3)]
    by_file = [{"file": f"photos/{name}", "caption": "A dog.", "words": []} for name in _NAMES]
    keyed = dict.fromkeys(_NAMES, "A dog.")
    return [*_json(by_id, keyed), _lines(*by_id), _lines(*by_file)]


def _idf() -> list[bytes]:
    counts = {"a": 3, "dog": 2, "a dog": 2}
    return _json({"tokenizer": "ptb", "images": 3, "counts": counts})


def _settings() -> list[bytes]:
    return [
        b"# a run\nmodel:\n  class_path: LSTMCaptioner\n  init_args: {width: 512, dropout: 0.5}\n"
        b"data: &data\n  class_path: CocoDataModule\n  init_args:\n    images: [a, 'b']\n"
        b"other:\n  <<: *data\n  text: |\n    lines\n  when: 2020-01-01\n  number: 1e-4\n"
    ]


def _read_list(path: Path) -> object:
    return pick_listed(_EXAMPLES, {"train": str(path), "val": None, "test": None}, "tokens.txt")


def _read_folder(path: Path) -> object:
    source = FolderDataModule(folder="photos", captions=str(path)).source
    return [source.read(part) for part in ("train", "val", "test")]


def _table_format(seeds, name: str, mutate=mutate_lines) -> Format:
    return Format(seeds, _read_folder, mutate, name)


ANNOTATIONS = {
    "coco": Format(_coco, partial(read_coco, images="photos"), mutate_json),
    "nocaps": Format(
        partial(_coco, domain="in-domain", open_images_id="0a"),
        partial(read_coco, images=["photos", "more"], group_by="domain"),
        mutate_json,
    ),
    "karpathy": Format(_karpathy, partial(read_karpathy, images="photos"), mutate_json),
    "flickr-tokens": Format(_tokens, partial(read_flickr_tokens, images="photos"), mutate_lines),
    "flickr-csv": Format(_results_csv, partial(read_flickr_tokens, images="photos"), mutate_lines),
    "split-list": Format(lambda: [b"a.jpg\nb.jpg\n", b"a\n"], _read_list, mutate_lines),
    "table-csv": _table_format(partial(_table, ","), "captions.csv"),
    "table-tsv": _table_format(partial(_table, "\t"), "captions.tsv"),
    "table-jsonl": _table_format(_table_lines, "captions.jsonl", mutate_json),
    "text-txt": Format(lambda: [b"A dog.\n\nTwo cats.\n"], read_text_source, mutate_lines, "a.txt"),
    "text-json": Format(_coco, read_text_source, mutate_json, "a.json"),
    "text-jsonl-gz": Format(_packed_lines, read_text_source, _mutate_packed, "a.jsonl.gz"),
    "results": Format(
        _results, lambda path: read_results(str(path), _EXAMPLES), mutate_json, "results.json"
    ),
    "idf": Format(_idf, partial(IdfTable.load, tokenizer="ptb"), mutate_json, "idf.json"),
    "settings": Format(
        _settings,
        lambda path: resolve_config_files(["fit", "--config", str(path)]),
        mutate_lines,
        "settings.yaml",
    ),
}
