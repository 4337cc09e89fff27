"""A checkpoint that is compared as it is goes by the name that someone gave to what it is of."""

from pathlib import Path

import pytest

from captioner.comparison.planning.checkpoints import name_checkpoints


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["runs/a/version_0/checkpoints/x.ckpt", "b.ckpt"], ["a", "b"]),
        (["cmp/runs/LSTM/seed_0/version_0/checkpoints/best.ckpt"], ["LSTM"]),
        (["/c/runs/A/seed_0/version_0/checkpoints/best.ckpt"] * 2, ["A", "A-2"]),
        (["runs/seed_a/version_0/checkpoints/best.ckpt"], ["seed_a"]),
        # In the folder that the command is given in.
        (["version_0/checkpoints/best.ckpt"], ["here"]),
        (["seed_0/version_0/checkpoints/best.ckpt"], ["here"]),
        (["../seed_3/version_0/checkpoints/best.ckpt"], ["runs"]),
        (["../version_0/checkpoints/best.ckpt"], ["runs"]),
        (["/seed_0/version_0/checkpoints/best.ckpt"], ["best"]),
        (["checkpoints/best.ckpt"], ["runs"]),
    ],
)
def test_names(files, names, tmp_path, monkeypatch):
    here = tmp_path / "runs" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert name_checkpoints([Path(file) for file in files]) == names
