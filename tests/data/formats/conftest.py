"""One data set, written in every format: {part: {picture: captions}} -> a data module."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from captioner.data import (
    CocoDataModule,
    FlickrDataModule,
    FolderDataModule,
    KarpathyDataModule,
)

SMALL = {
    "train": {
        "7_a.jpg": ["A dog, brown.", 'It says "hi", twice; or more.'],
        "8_b.jpg": ["Two cats."],
        "9_c.jpg": ["Ein Bär läuft.", "一只熊"],
        "10_d.jpg": ["# 1 | of 3"],
    },
    "val": {"11_e.jpg": ["A bird.", "It flies."]},
    "test": {"12_f.jpg": ["A fish."], "13_g.jpg": ["A cow.", "It stands."]},
}


def _dump(file, content):
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


def coco(folder, images, parts, **options):
    """Write a COCO caption file per part."""
    files = {}
    for number, (part, pictures) in enumerate(parts.items()):
        content = {"images": [], "annotations": []}
        for index, (name, captions) in enumerate(pictures.items()):
            image = 10_000 * number + index
            content["images"].append({"id": image, "file_name": name})
            content["annotations"] += [
                {"id": 10 * image + n, "image_id": image, "caption": text}
                for n, text in enumerate(captions)
            ]
        files[f"{part}_annotations"] = _dump(folder / f"captions_{part}.json", content)
    return CocoDataModule(**files, images=images, **options)


def karpathy(folder, images, parts, **options):
    """Write a split file; of the training pictures every other one is in ``restval``."""
    records = []
    for part, pictures in parts.items():
        for name, captions in pictures.items():
            rest = part == "train" and len(records) % 2 == 1
            sentences = [{"raw": text, "tokens": text.split()} for text in captions]
            record = {"filename": Path(name).name, "imgid": len(records), "sentences": sentences}
            record["split"] = "restval" if rest else part
            if "/" in name:
                record["filepath"] = name.rpartition("/")[0]
            records.append(record)
    file = _dump(folder / "dataset_tiny.json", {"images": records, "dataset": "tiny"})
    return KarpathyDataModule(file, images, **options)


def flickr(folder, images, parts, *, bars=False, **options):
    """Write a token file and lists, as Flickr8k has them; or ``results.csv`` with bars."""
    line = "{}| {}| {}\n" if bars else "{}#{}\t{}\n"
    tokens = folder / ("results.csv" if bars else "tiny.token.txt")
    text = "image_name| comment_number| comment\n" if bars else ""
    lists = {}
    for part, pictures in parts.items():
        for name, captions in pictures.items():
            text += "".join(line.format(name, n, each) for n, each in enumerate(captions))
        lists[f"{part}_images"] = str(folder / f"{part}Images.txt")
        Path(lists[f"{part}_images"]).write_text("".join(f"{name}\n" for name in pictures))
    tokens.write_text(text, encoding="utf-8")
    return FlickrDataModule(str(tokens), **lists, images=images, **options)


def results_csv(folder, images, parts, **options):
    """Write the file with bars that Flickr30k is often found as."""
    return flickr(folder, images, parts, bars=True, **options)


def _table(folder, images, parts, delimiter, name, **options):
    with (folder / name).open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file, delimiter=delimiter)
        table.writerow(["File", "Split", "Caption"])
        for part, pictures in parts.items():
            for picture, captions in pictures.items():
                table.writerows([picture, part, text] for text in captions)
    return FolderDataModule(images, str(folder / name), **options)


def comma(folder, images, parts, **options):
    """Write a CSV file as most programs do."""
    return _table(folder, images, parts, ",", "captions.csv", **options)


def semicolon(folder, images, parts, **options):
    """Write a CSV file as a spreadsheet does where a comma is the decimal point."""
    return _table(folder, images, parts, ";", "captions2.csv", **options)


def tab(folder, images, parts, **options):
    """Write a TSV file."""
    return _table(folder, images, parts, "\t", "captions.tsv", **options)


def json_lines(folder, images, parts, **options):
    """Write a JSON object per picture, or per caption."""
    rows = []
    for part, pictures in parts.items():
        for name, captions in pictures.items():
            if len(captions) > 1:
                rows.append({"image": name, "captions": captions, "split": part})
            else:
                rows.append({"file_name": name, "caption": captions[0], "split": part})
    file = folder / "captions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return FolderDataModule(images, str(file), **options)


def numbered(folder, images, parts, **options):
    """Write a row per picture with a column per caption, some of them empty."""
    most = max(len(captions) for pictures in parts.values() for captions in pictures.values())
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "split", *(f"caption_{n}" for n in range(most))])
        for part, pictures in parts.items():
            for name, captions in pictures.items():
                table.writerow([name, part, *captions, *[""] * (most - len(captions))])
    return FolderDataModule(images, str(folder / "metadata.csv"), **options)


def json_list(folder, images, parts, **options):
    """Write a JSON list with a record per caption, and ids that nothing reads."""
    rows = [
        {"image": name, "caption": text, "image_id": f"x_{name}", "split": part}
        for part, pictures in parts.items()
        for name, captions in pictures.items()
        for text in captions
    ]
    return FolderDataModule(images, _dump(folder / "captions.json", rows), **options)


WRITERS = (
    *(coco, karpathy, flickr, results_csv, comma, semicolon, tab, json_lines, numbered, json_list),
)


@pytest.fixture(scope="session")
def small():
    """Return captions by picture and part, hard to write in more than one way."""
    return SMALL


@pytest.fixture(params=WRITERS, ids=lambda writer: writer.__name__)
def write(request):
    """Return a function that writes a data set in one of all formats, each in its turn."""
    return request.param


@pytest.fixture(scope="session")
def formats():
    """Return these functions by their names."""
    return SimpleNamespace(**{writer.__name__: writer for writer in WRITERS})
