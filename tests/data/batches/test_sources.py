"""Image tokens by index, and what is said of pictures that have none."""

import os
from pathlib import Path

import pytest
import torch

from captioner.data.batches.sources import TokenSource
from captioner.data.token_cache.cache import TokenCache
from captioner.data.token_cache.filling import fill_cache
from captioner.errors import CaptionerError


@pytest.fixture
def paths(coco, tmp_path):
    coco(tmp_path, 4)
    return sorted(str(path) for path in (tmp_path / "images").iterdir())


@pytest.fixture
def filled(paths, tiny_encoder, tmp_path):
    """Return a filled cache and the broken pictures, the first one."""
    Path(paths[0]).write_bytes(b"no picture")
    encoder = tiny_encoder()
    cache = TokenCache(tmp_path / "cache", encoder.fingerprint())
    return cache, fill_cache(cache, paths, encoder)


def test_gives_the_tokens_of_an_example_in_every_epoch(filled, paths):
    cache, broken = filled
    source = TokenSource(cache, paths, broken)
    row = int(cache.rows([paths[2]])[0])
    assert torch.equal(source(2, epoch=0), cache[row])
    assert torch.equal(source(2, epoch=7), cache[row])
    assert source.broken == broken
    with pytest.raises(CaptionerError, match="expected a picture, found a file of another kind"):
        source(0, epoch=0)


def test_a_picture_that_changes_after_it_was_encoded_counts_as_broken(filled, paths):
    cache, broken = filled
    os.utime(paths[1], ns=(1, 1))
    Path(paths[3]).unlink()
    source = TokenSource(cache, paths, broken)
    assert sorted(source.broken) == [0, 1, 3]
    assert source.broken[0] == broken[0]
    for index in (1, 3):
        with pytest.raises(CaptionerError, match="encoded, found a file that has changed") as told:
            source(index, epoch=0)
        assert str(told.value) == source.broken[index]
        assert paths[index] in source.broken[index]
    assert source(2, epoch=0).shape == (4, 3)
