"""``info`` says what a checkpoint is."""

import pytest

from captioner.__main__ import main

pytestmark = pytest.mark.integration


def test_says_what_it_is(trained, capsys):
    assert main(["info", str(trained)]) == 0
    out = capsys.readouterr().out
    for part in (
        "LSTMCaptioner",
        "test_efficientnet, 64 x 64 pixels",
        "17 words",
        "val/CIDEr",
        "n-gram weights",
    ):
        assert part in out


def test_of_no_checkpoint(tmp_path, capsys):
    assert main(["info", str(tmp_path / "none.ckpt")]) == 2
    assert "none.ckpt: expected a checkpoint file, found nothing there" in capsys.readouterr().err
