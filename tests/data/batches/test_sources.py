"""Image tokens by index, and what is said of pictures that have none."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from captioner.data.batches.sources import TokenSource, ViewSource, image_source
from captioner.data.pictures.augmentation import Augmentation, TrainTransform
from captioner.data.pictures.images import read_image
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


CHANGED = Augmentation(min_area=0.3, colour=0.5)


def views_of(paths, encoder, folder, views, seed=0):
    return image_source(
        paths,
        encoder,
        cache_dir=str(folder),
        augmentation=CHANGED if views > 1 else None,
        views=views,
        seed=seed,
        batch_size=3,
        num_workers=0,
    )


def test_each_epoch_shows_one_of_the_stored_views(paths, tiny_encoder, tmp_path):
    for number, path in enumerate(paths):  # no two parts of which look alike
        noise = np.random.default_rng(number).integers(0, 256, (40, 30, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
    encoder = tiny_encoder()
    plain = views_of(paths, encoder, tmp_path / "cache", views=1)
    source = views_of(paths, encoder, tmp_path / "cache", views=3)
    assert isinstance(source, ViewSource)
    for index, path in enumerate(paths):
        changed = [TrainTransform(encoder.preprocessing, CHANGED, seed=view) for view in (1, 2)]
        picture = read_image(path, least=max(transform.least for transform in changed))
        pixels = torch.stack([transform.pixels(picture, path) for transform in changed])
        expected = [plain(index, 0), *encoder(pixels).half()]
        found = [source(index, epoch) for epoch in range(60)]
        shown = {[torch.equal(tokens, each) for each in expected].index(True) for tokens in found}
        assert shown == {0, 1, 2}
    again = views_of(paths, encoder, tmp_path / "cache", views=3)
    assert all(torch.equal(source(1, epoch), again(1, epoch)) for epoch in range(20))
    other = views_of(paths, encoder, tmp_path / "cache", views=3, seed=1)
    assert not all(torch.equal(source(1, epoch), other(1, epoch)) for epoch in range(20))


def test_views_are_computed_once_for_all_seeds(paths, tiny_encoder, tmp_path):
    encoder = tiny_encoder()
    views_of(paths, encoder, tmp_path / "cache", views=3)
    encoder.forward = None  # it would fail
    views_of(paths, encoder, tmp_path / "cache", views=3, seed=5)
    views_of(paths, encoder, tmp_path / "cache", views=2)
    views_of(paths, encoder, tmp_path / "cache", views=1)


def test_a_picture_that_is_broken_is_so_in_every_view(paths, tiny_encoder, tmp_path):
    Path(paths[0]).write_bytes(b"no picture")
    source = views_of(paths, tiny_encoder(), tmp_path / "cache", views=2)
    assert sorted(source.broken) == [0]
    for epoch in range(4):
        with pytest.raises(CaptionerError, match="expected a picture, found a file of another"):
            source(0, epoch)
