"""The shard command: from a data config to shards that fit, inspect and predict read."""

import json

import pytest

from captioner.__main__ import main


def shard(colours, out, *more):
    files = [
        f"--data.{part}_annotations={colours}/annotations/captions_{part}.json"
        for part in ("train", "val", "test")
    ]
    settings = [*files, f"--data.images={colours}/images", "--data.holdout=4"]
    return main(["shard", "--data=CocoDataModule", *settings, f"--out={out}", "--size=5", *more])


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
    assert not list(shards.glob("*.part"))


def test_refuses_other_data_in_the_same_folder(colours, shards, capsys):
    assert shard(colours, shards, "--data.limit=3") == 2
    assert "name another folder" in capsys.readouterr().err


def test_a_captioner_trains_on_shards(shards, small_run, tmp_path, capsys):
    ours = ["--data=ShardsDataModule", f"--data.folder={shards}"]
    files = ("--data=", "--data.train_", "--data.val_", "--data.test_", "--data.images")
    others = [word for word in small_run("fit", tmp_path, "--name=a") if not word.startswith(files)]
    assert main([others[0], *ours, *others[1:]]) == 0
    assert (tmp_path / "a" / "version_0" / "checkpoints" / "best.ckpt").is_file()
    capsys.readouterr()
    assert main(["inspect", "--data=ShardsDataModule", f"--data.folder={shards}"]) == 1
    assert "ShardsDataModule" in capsys.readouterr().out  # one-coloured pictures are all alike


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
