"""The loader's place in the data, and its patience with broken pictures."""

import logging
import multiprocessing
from functools import partial

import pytest
import torch

from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.loader import CaptionLoader
from captioner.data.batches.sampler import EpochBatches
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer, Vocabulary


def _source(broken, index, epoch):
    if index in broken:
        raise CaptionerError(f"{index}.jpg: expected a picture, found rubbish")
    return torch.full((1, 1), float(index))


def _loader(size=10, broken=(), max_broken=0, num_workers=0, **options):
    examples = [Example(i, f"{i}.jpg", ("A dog.",)) for i in range(size)]
    dataset = CaptionDataset(
        examples,
        partial(_source, broken),
        PTBTokenizer(),
        Vocabulary(["a", "dog"]),
        attempts=min(max_broken + 1, size),
    )
    batches = EpochBatches(size, 3, **{"shuffle": True, **options})
    return CaptionLoader(dataset, batches, num_workers=num_workers, max_broken=max_broken)


def _ids(loader):
    return [batch.image_ids for batch in loader]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_goes_on_where_it_was(num_workers):
    whole = _ids(_loader())
    loader = _loader(num_workers=num_workers)
    assert len(loader) == len(whole) == 4
    batches = iter(loader)
    first = [next(batches).image_ids for _ in range(2)]
    state = loader.state_dict()
    assert all(type(value) is int for value in state.values())
    after = _loader(num_workers=num_workers)
    after.load_state_dict(state)
    assert after.state_dict() == state
    assert first + _ids(after) == whole
    assert _ids(after) == whole  # the same epoch again, from its beginning


def test_a_finished_epoch_is_not_skipped_again():
    loader = _loader()
    list(loader)
    after = _loader()
    after.load_state_dict(loader.state_dict())
    after.sampler.set_epoch(1)
    loader.sampler.set_epoch(1)
    assert _ids(after) == _ids(loader)
    assert len(_ids(after)) == 4


def test_the_state_belongs_to_the_epoch_that_was_iterated():
    loader = _loader()
    list(loader)
    loader.sampler.set_epoch(1)  # as Lightning does before the epoch begins
    assert loader.state_dict()["epoch"] == 0


def test_says_when_the_data_settings_have_changed(caplog):
    loader = _loader(12)
    loader.load_state_dict({**_loader(12).state_dict(), "batches": 1, "size": 10, "seed": 5})
    with caplog.at_level(logging.WARNING):
        assert len(_ids(loader)) == 3
    assert "(size 10 -> 12, seed 5 -> 0)" in caplog.text


@pytest.mark.parametrize("num_workers", [0, 1])
def test_draws_nothing_from_the_global_random_state(num_workers):
    loader = _loader(num_workers=num_workers)
    before = torch.get_rng_state()
    list(loader)
    loader.sampler.set_epoch(1)
    list(loader)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_replaces_broken_pictures_and_names_each_once(caplog, num_workers):
    loader = _loader(broken=(2, 7), max_broken=2, num_workers=num_workers)
    with caplog.at_level(logging.WARNING):
        epochs = [_ids(loader) for _ in range(2)]
    for epoch in epochs:
        ids = [image for batch in epoch for image in batch]
        assert [len(batch) for batch in epoch] == [3, 3, 3, 1]
        assert sorted(ids) == [0, 1, 3, 3, 4, 5, 6, 8, 8, 9]
    messages = [record.getMessage() for record in caplog.records]
    assert sorted(message.split(": ", 1)[1] for message in messages) == [
        "2.jpg: expected a picture, found rubbish",
        "7.jpg: expected a picture, found rubbish",
    ]


@pytest.mark.parametrize("num_workers", [0, 1])
def test_one_broken_picture_too_many(num_workers):
    loader = _loader(broken=(2, 5, 7), max_broken=2, num_workers=num_workers)
    with pytest.raises(
        CaptionerError,
        match=r"^data\.max_broken: expected at most 2 broken pictures in the training set, "
        r"found 3, among them \d\.jpg: expected a picture, found rubbish$",
    ):
        list(loader)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_without_tolerance_the_first_broken_picture_is_an_error(num_workers):
    loader = _loader(broken=(7,), num_workers=num_workers)
    with pytest.raises(CaptionerError, match=r"^7\.jpg: expected a picture, found rubbish$"):
        list(loader)


def test_nothing_but_broken_pictures():
    loader = _loader(2, broken=(0, 1), max_broken=10)
    with pytest.raises(CaptionerError, match=r"expected readable pictures, found none among 2"):
        list(loader)


@pytest.mark.parametrize("finished", [True, False])
def test_close_ends_the_workers_and_iterating_starts_new_ones(finished):
    others = set(multiprocessing.active_children())
    loader = _loader(num_workers=2)
    batches = iter(loader)
    whole = [next(batches).image_ids, *(b.image_ids for b in batches if finished)]
    ours = set(multiprocessing.active_children()) - others
    assert len(ours) == 2
    loader.close()
    assert not ours & set(multiprocessing.active_children())
    assert next(batches, None) is None
    assert _ids(loader)[: len(whole)] == whole
    loader.close()
