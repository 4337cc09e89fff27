"""The shard command: from a data config to shards that fit, inspect and predict read."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from captioner.__main__ import main

pytestmark = pytest.mark.integration

SCORED = ("validate", "test")


def printed_scores(text):
    return dict(re.findall(r"((?:val|test)/\S+)[^\d\n]*([\d.e+-]+)", text))


def data_settings(colours):
    files = [
        f"--data.{part}_annotations={colours}/annotations/captions_{part}.json"
        for part in ("train", "val", "test")
    ]
    images = f"--data.images={colours}/images"
    return ["--data=CocoDataModule", *files, images, "--data.holdout=4"]


def shard(colours, out, *more):
    return main(["shard", *data_settings(colours), f"--out={out}", "--size=5", *more])


@pytest.fixture(scope="module")
def shards(colours, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "shards"
    assert shard(colours, folder) == 0
    return folder


def test_says_what_it_wrote(colours, shards, capsys):
    assert shard(colours, shards) == 0  # finished already
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("train  12 pictures with 24 captions in 3 shards, 0.0")
    assert [line.split()[0] for line in lines[1:4]] == ["dev", "val", "test"]
    assert lines[-1].endswith(f"--data ShardsDataModule --data.folder {shards}")
    assert (shards / "train.words.ptb.npz").exists()
    assert not list(shards.glob("*.tmp"))


def test_says_every_time_what_was_left_out(colours, tmp_path, capsys):
    copy = shutil.copytree(colours, tmp_path / "colours")
    annotations = json.loads((copy / "annotations" / "captions_train.json").read_text())
    broken = copy / "images" / annotations["images"][0]["file_name"]
    broken.write_bytes(b"rubbish")
    said = []
    for _ in range(2):
        assert shard(copy, tmp_path / "shards", "--data.max_broken=1", "--data.holdout=0") == 1
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert f"captioner: left out {broken}: expected a picture" in said[0]
    assert f"delete {tmp_path}/shards and run shard again" in said[0]


def test_refuses_an_empty_name(colours, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert shard(colours, "") == 2
    assert "out: expected the name of a folder to write, found an empty" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_refuses_other_data_in_the_same_folder(colours, shards, capsys):
    assert shard(colours, shards, "--data.limit=3") == 2
    assert "name another folder" in capsys.readouterr().err


def test_refuses_what_fit_would_refuse(colours, tmp_path, capsys):
    """In shards nothing tells any more that two parts had a picture file in common."""
    copy = tmp_path / "other.json"
    shutil.copy(colours / "annotations" / "captions_train.json", copy)
    assert shard(colours, tmp_path / "shards", f"--data.test_annotations={copy}") == 2
    assert f"{copy}: expected no picture of " in capsys.readouterr().err
    assert not (tmp_path / "shards").exists()


def test_a_captioner_trains_on_shards(shards, small_run, tmp_path, capsys):
    ours = ["--data=ShardsDataModule", f"--data.folder={shards}"]
    files = ("--data=", "--data.train_", "--data.val_", "--data.test_", "--data.images")
    others = [word for word in small_run("fit", tmp_path, "--name=a") if not word.startswith(files)]
    assert main([others[0], *ours, *others[1:]]) == 0
    assert (tmp_path / "a" / "version_0" / "checkpoints" / "best.ckpt").is_file()


def inspect(source, capsys):
    capsys.readouterr()
    assert main(["inspect", *source, "--show=1000"]) == 1  # one-coloured pictures are all alike
    return capsys.readouterr().out.splitlines()


def test_inspect_finds_in_shards_what_it_finds_in_files(colours, shards, capsys, tmp_path):
    folder = f"--data.folder={shards}"
    found = inspect(["--data=ShardsDataModule", folder, f"--sheet={tmp_path}/sheet.png"], capsys)
    expected = inspect(data_settings(colours), capsys)
    table = slice(1, expected.index("broken or missing pictures: 0") + 1)
    assert found[table] == expected[table]
    assert [line.split() for line in found[table] if "captions per" in line] == [
        ["captions", "per", "image", *["2-2,", "2.0"] * 4]
    ]
    pairs = [
        [line for line in lines if line.startswith("  train: ")] for lines in (found, expected)
    ]
    assert len(pairs[0]) == len(pairs[1]) > 0
    assert f"train: {shards}/train-000000.tar/0" in pairs[0][0]
    assert (tmp_path / "sheet.png").is_file()


def test_inspect_names_what_is_broken_in_shards(shards, tmp_path, capsys):
    folder = shutil.copytree(shards, tmp_path / "broken")
    tar = folder / "val-000000.tar"
    tar.write_bytes(tar.read_bytes().replace(b"\x89PNG", b"\x89png", 1))
    found = inspect(["--data=ShardsDataModule", f"--data.folder={folder}"], capsys)
    assert "broken or missing pictures: 1" in found
    assert any(f"{tar}/000000000100.png: expected a picture" in line for line in found)
    os.truncate(tar, 2048)
    assert main(["inspect", "--data=ShardsDataModule", f"--data.folder={folder}"]) == 2
    assert capsys.readouterr().err.count("val-000000.tar: expected ") == 1


def test_predict_captions_what_is_in_shards(shards, trained, tmp_path, capsys):
    tar, out = shards / "test-000000.tar", tmp_path / "captions.jsonl"
    assert main(["predict", f"--ckpt_path={trained}", f"--out={out}", str(tar)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["file"] for row in rows] == [f"{tar}/{200 + n:012}.png" for n in range(5)]
    broken = tmp_path / "broken.tar"
    content = tar.read_bytes()
    broken.write_bytes(content.replace(b"\x89PNG", b"\x89png", 1))
    capsys.readouterr()
    assert main(["predict", f"--ckpt_path={trained}", str(broken)]) == 1
    output = capsys.readouterr()
    assert f"skipped {broken}/000000000200.png: expected a picture" in output.err
    assert len(output.out.splitlines()) == 4


def test_two_processes_score_on_shards_what_one_scores(
    shards, small_run, trained, tmp_path, capsys
):
    def command(name, *more):
        files = ("--data=", "--data.train_", "--data.val_", "--data.test_", "--data.images")
        words = [word for word in small_run(name, tmp_path) if not word.startswith(files)]
        source = ["--data=ShardsDataModule", f"--data.folder={shards}", "--data.eval_batch_size=3"]
        return [words[0], *source, *words[1:], *more]

    two = ("--trainer.devices=2", "--trainer.strategy=ddp", "--name=two")
    run = tmp_path / "two" / "version_0"
    last = f"--ckpt_path={run}/checkpoints/last.ckpt"
    short = ("--trainer.max_epochs=1", f"--init_from={trained}")
    commands = [command("fit", *two, *short), *(command(n, *two, last) for n in SCORED)]
    (tmp_path / "commands.json").write_text(json.dumps(commands))
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("run_all.py"), tmp_path / "commands.json"],
        check=False, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    together = (run / "test_captions.json").read_bytes()
    assert sorted(row["image_id"] for row in json.loads(together)) == list(range(200, 208))
    capsys.readouterr()
    for name in SCORED:
        assert main(command(name, last)) == 0
    alone = printed_scores(capsys.readouterr().out)
    scores = printed_scores(done.stdout)
    assert alone.keys() == scores.keys() >= {"val/loss", "val/CIDEr", "test/loss", "test/BLEU-4"}
    for score, value in alone.items():
        assert float(scores[score]) == pytest.approx(float(value), abs=2e-6), score
    assert (run / "test_captions.json").read_bytes() == together
    assert torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 2
