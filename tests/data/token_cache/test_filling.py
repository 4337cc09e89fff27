"""Filling the cache: every picture once, whatever comes in between."""

import multiprocessing
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import captioner.data.token_cache.cache
import captioner.data.token_cache.filling
from captioner.data import EvalTransform, read_image
from captioner.data.token_cache.cache import TokenCache
from captioner.data.token_cache.filling import fill_cache
from captioner.encoders import TimmEncoder
from captioner.errors import CaptionerError


@pytest.fixture
def paths(coco, tmp_path):
    coco(tmp_path, 7)
    return sorted(str(path) for path in (tmp_path / "images").iterdir())


@pytest.fixture
def encoder(tiny_encoder):
    return tiny_encoder()


def _open(tmp_path, encoder):
    return TokenCache(tmp_path / "cache", encoder.fingerprint())


@pytest.mark.parametrize("num_workers", [0, 2])
def test_stores_what_the_encoder_gives(tmp_path, paths, encoder, num_workers):
    cache = _open(tmp_path, encoder)
    assert fill_cache(cache, paths, encoder, batch_size=3, num_workers=num_workers) == {}
    rows = cache.rows(paths)
    assert sorted(rows) == list(range(7))
    for path, row in zip(paths, rows, strict=True):
        pixels = EvalTransform(encoder.preprocessing).pixels(read_image(path))
        assert torch.equal(cache[row], encoder(pixels[None])[0].half())


def test_encodes_only_what_is_missing(tmp_path, paths, encoder, capsys):
    fill_cache(_open(tmp_path, encoder), paths[:4], encoder)
    assert encoder.pictures == 4
    assert "Image tokens: 100%" in capsys.readouterr().err
    fill_cache(_open(tmp_path, encoder), paths, encoder)
    assert encoder.pictures == 7
    capsys.readouterr()
    fill_cache(_open(tmp_path, encoder), paths, encoder)
    assert encoder.pictures == 7
    assert capsys.readouterr().err == ""


def test_tokens_that_nothing_reads_any_more_are_named_on_filling(
    tmp_path, paths, encoder, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        patch.setattr(captioner.data.token_cache.cache, "DECODER", "pixels1-pillow1.0")
        before = _open(tmp_path, encoder)
        fill_cache(before, paths, encoder)
    (tmp_path / "cache" / "of-another-encoder").mkdir()
    assert caplog.messages == []
    now = _open(tmp_path, encoder)
    for _ in range(2):  # the second time there is nothing to do
        fill_cache(now, paths, encoder)
    (message,) = caplog.messages
    assert message.startswith(f"{before.folder}: image tokens of pictures as another version")
    assert "may be deleted" in message


def test_goes_on_after_a_kill(tmp_path, paths, encoder):
    def fill_until_killed():
        forward = encoder.forward

        def killed(pixels):
            if encoder.pictures == 4:
                os.kill(os.getpid(), signal.SIGKILL)
            return forward(pixels)

        encoder.forward = killed
        fill_cache(_open(tmp_path, encoder), paths, encoder, batch_size=2)

    process = multiprocessing.get_context("fork").Process(target=fill_until_killed)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    fill_cache(_open(tmp_path, encoder), paths, encoder, batch_size=2)
    assert encoder.pictures == 3
    assert (_open(tmp_path, encoder).rows(paths) >= 0).all()


def test_names_broken_pictures_and_stores_the_others(tmp_path, paths, encoder):
    Path(paths[2]).write_bytes(b"no picture")
    Path(paths[4]).unlink()
    cache = _open(tmp_path, encoder)
    broken = fill_cache(cache, paths, encoder, batch_size=2)
    assert sorted(broken) == [2, 4]
    assert broken[2].startswith(f"{paths[2]}: expected a picture, found a file of another kind")
    assert broken[4].startswith(f"{paths[4]}: expected a picture, found no such file")
    assert (cache.rows(paths) >= 0).tolist() == [True, True, False, True, False, True, True]


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, paths, encoder, monkeypatch):
    def read(path, **options):
        picture = read_image(path, **options)
        os.utime(path, ns=(1, 1))
        return picture

    with monkeypatch.context() as patch:
        patch.setattr(captioner.data.token_cache.filling, "read_image", read)
        fill_cache(_open(tmp_path, encoder), paths[:1], encoder)
    assert _open(tmp_path, encoder).rows(paths[:1]).tolist() == [-1]


def test_runs_the_encoder_in_evaluation_mode_and_puts_it_back(tmp_path, paths, encoder):
    modes = []
    encoder.register_forward_hook(lambda module, *_: modes.append(module.training))
    encoder.train()
    before = torch.get_rng_state()
    fill_cache(_open(tmp_path, encoder), paths, encoder)
    assert modes == [False]
    assert encoder.training
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_encodes_in_the_precision_of_the_weights(tmp_path, paths, precision):
    encoder = TimmEncoder("test_efficientnet", weights="random", image_size=32).to(precision)
    cache = _open(tmp_path, encoder)
    assert fill_cache(cache, paths[:2], encoder) == {}
    pixels = EvalTransform(encoder.preprocessing)(read_image(paths[1])).to(precision)
    with torch.no_grad():
        expected = encoder.eval()(pixels[None])[0]
    torch.testing.assert_close(cache[1], expected.half(), rtol=0.05, atol=0.05)


def test_refuses_tokens_beyond_float16(tmp_path, paths, tiny_encoder):
    encoder = tiny_encoder()
    with torch.no_grad():
        encoder.scale.fill_(1e6)
    with pytest.raises(CaptionerError, match=r"data\.cache_tokens: expected image tokens within"):
        fill_cache(_open(tmp_path, encoder), paths, encoder)


def test_says_beforehand_that_the_disk_is_too_small(tmp_path, paths, encoder, monkeypatch):
    usage = SimpleNamespace(free=100)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    cache = _open(tmp_path, encoder)
    with pytest.raises(
        CaptionerError, match=r"expected 168 bytes of free space .*, found 100 bytes"
    ):
        fill_cache(cache, paths, encoder)
    assert len(cache) == 0


def test_tokens_that_are_no_numbers_are_a_broken_picture_and_are_not_stored(
    tmp_path, paths, tiny_encoder
):
    kind: Any = tiny_encoder

    class Blind(kind):
        def forward(self, pixels):
            tokens = super().forward(pixels)
            tokens[1::2] = float("nan")
            return tokens

    encoder = Blind()
    cache = _open(tmp_path, encoder)
    broken = fill_cache(cache, paths[:4], encoder, batch_size=4)
    assert sorted(broken) == [1, 3]
    assert broken[1].startswith(f"{paths[1]}: expected image features that are finite numbers")
    assert (cache.rows(paths[:4]) >= 0).tolist() == [True, False, True, False]
    assert torch.equal(cache[1], tiny_encoder()(_pixels(encoder, paths[2])[None])[0].half())
    with torch.no_grad():
        encoder.scale.fill_(float("inf"))
    assert sorted(fill_cache(_open(tmp_path, encoder), paths[:2], encoder)) == [0, 1]


def _pixels(encoder, path):
    return EvalTransform(encoder.preprocessing).pixels(read_image(path))
