"""``predict --out`` and ``shard``, whose files are the same to the last byte."""

from pathlib import Path

from tests.kill.outcome import contents, names
from tests.kill.scenario import Outcome, Scenario


def _predict(shared: Path, folder: Path) -> list[str]:
    return [
        "predict",
        f"--ckpt_path={shared}/tiny.ckpt",
        *sorted(map(str, (shared / "images").glob("[12]??.jpg"))),
        "--out=captions.jsonl",
        "--attention=maps",
        "--batch_size=4",
        "--beams=3",
        "--captions=2",
    ]


def _shard(shared: Path, folder: Path) -> list[str]:
    files = [f"--data.{part}_annotations={shared / part}.json" for part in ("train", "val", "test")]
    images = f"--data.images={shared}/images"
    return ["shard", "--data=CocoDataModule", *files, images, "--out=shards", "--size=4"]


def _all_bytes(folder: Path) -> Outcome:
    return names(folder) | contents(folder, "**/*")


WRITERS = {
    "predict": Scenario((_predict,), _all_bytes, captioner=True),
    "shard": Scenario((_shard,), _all_bytes),
}
