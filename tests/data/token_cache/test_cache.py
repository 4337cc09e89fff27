"""The token cache: what it finds, and what it survives."""

import errno
import json
import multiprocessing
import os
import pickle
import time

import pytest
import torch

import captioner.data.token_cache.cache
from captioner.data.token_cache.cache import TokenCache, identity
from captioner.errors import CaptionerError

KEY = "0123456789abcdef" * 4


@pytest.fixture
def files(tmp_path):
    """Five files and their image tokens (5, 2, 3)."""
    paths = [tmp_path / f"{i}.jpg" for i in range(5)]
    for path in paths:
        path.write_bytes(path.name.encode())
    tokens = torch.arange(30).reshape(5, 2, 3).half()
    return [str(path) for path in paths], tokens


def _store(cache, paths, tokens):
    with cache.lock():
        cache.append([identity(path) for path in paths], tokens)


@pytest.fixture
def cache(tmp_path, files):
    """A cache that holds the first three files."""
    cache = TokenCache(tmp_path / "cache", KEY)
    _store(cache, files[0][:3], files[1][:3])
    return cache


def _found(cache, files):
    paths, tokens = files
    rows = cache.rows(paths).tolist()
    for row, expected in zip(rows, tokens, strict=True):
        assert row < 0 or torch.equal(cache[row], expected)
    return [row >= 0 for row in rows]


def test_finds_what_was_stored_in_this_and_the_next_process(tmp_path, files, cache):
    assert _found(cache, files) == [True] * 3 + [False] * 2
    again = TokenCache(tmp_path / "cache", KEY)
    assert _found(again, files) == [True] * 3 + [False] * 2
    assert len(again) == 3
    assert again.shape == (2, 3)
    _store(again, files[0][3:], files[1][3:])
    assert _found(again, files) == [True] * 5
    assert _found(cache, files) == [True] * 3 + [False] * 2  # still whole, only older


def test_tokens_are_a_copy(cache, files):
    cache[0].fill_(7)
    assert torch.equal(cache[0], files[1][0])
    assert cache[0].dtype == torch.float16


def test_a_changed_file_is_not_found(tmp_path, files, cache):
    paths = files[0]
    (tmp_path / "0.jpg").write_bytes(b"longer than before")
    then = (tmp_path / "1.jpg").stat()
    os.utime(paths[1], ns=(then.st_atime_ns, then.st_mtime_ns + 1))
    (tmp_path / "2.jpg").rename(tmp_path / "3.jpg")
    assert cache.rows(paths[:4]).tolist() == [-1] * 4


def test_another_encoder_has_another_cache(tmp_path, files, cache):
    assert _found(TokenCache(tmp_path / "cache", "f" * 64), files) == [False] * 5


def test_a_fingerprint_with_the_same_beginning_is_another_encoder(tmp_path, files, cache):
    other = TokenCache(tmp_path / "cache", KEY[:16] + "f" * 48)
    assert _found(other, files) == [False] * 5
    _store(other, files[0][3:], files[1][3:])
    assert _found(other, files) == [False] * 3 + [True] * 2
    assert _found(TokenCache(tmp_path / "cache", KEY), files) == [False] * 5


def test_a_row_that_never_reached_the_index_is_overwritten(tmp_path, files, cache):
    with (cache.folder / "tokens.f16").open("ab") as file:
        file.write(b"\xff" * 17)  # a row has 12 bytes
    with (cache.folder / "index").open("ab") as file:
        file.write(b"\xff" * 5)
    again = TokenCache(tmp_path / "cache", KEY)
    assert _found(again, files) == [True] * 3 + [False] * 2
    _store(again, files[0][3:], files[1][3:])
    assert _found(TokenCache(tmp_path / "cache", KEY), files) == [True] * 5


def test_an_index_longer_than_the_rows_is_cut(tmp_path, files, cache):
    os.truncate(cache.folder / "tokens.f16", 30)  # two rows and a half
    again = TokenCache(tmp_path / "cache", KEY)
    assert _found(again, files) == [True] * 2 + [False] * 3
    _store(again, files[0][2:], files[1][2:])
    assert _found(TokenCache(tmp_path / "cache", KEY), files) == [True] * 5


@pytest.mark.parametrize(
    "meta",
    ["", "{", "[]", "null", '{"shape": 3}', '{"shape": ["a", 3]}', '{"shape": [0, 3]}', "\udcff"],
)
def test_a_description_that_makes_no_sense_starts_afresh(tmp_path, files, cache, meta):
    file = cache.folder / "meta.json"
    file.write_bytes(os.fsencode(meta))
    _restarts(tmp_path, files)


@pytest.mark.parametrize("change", [{"version": 0}, {"shape": [-2, -3]}, {"extra": 1}])
def test_another_description_starts_afresh(tmp_path, files, cache, change):
    file = cache.folder / "meta.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    _restarts(tmp_path, files)


@pytest.mark.parametrize("name", ["index", "tokens.f16", "meta.json"])
def test_a_missing_file_starts_afresh(tmp_path, files, cache, name):
    (cache.folder / name).unlink()
    _restarts(tmp_path, files)


def _restarts(tmp_path, files):
    again = TokenCache(tmp_path / "cache", KEY)
    assert _found(again, files) == [False] * 5
    _store(again, *files)
    assert _found(TokenCache(tmp_path / "cache", KEY), files) == [True] * 5


@pytest.mark.parametrize("full", ["tokens.f16", "index"])
def test_a_full_disk_keeps_what_was_stored(tmp_path, files, cache, monkeypatch, full):
    def append(path, data):
        if path.name == full:
            write(path, data[: len(data) // 2 - 3])
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    write = captioner.data.token_cache.cache._append
    with monkeypatch.context() as patch:
        patch.setattr(captioner.data.token_cache.cache, "_append", append)
        with pytest.raises(CaptionerError, match=r"the disk is full after 3 pictures, which are k"):
            _store(cache, files[0][3:], files[1][3:])
    again = TokenCache(tmp_path / "cache", KEY)
    assert _found(again, files) == [True] * 3 + [False] * 2
    _store(again, files[0][3:], files[1][3:])
    assert _found(again, files) == [True] * 5


def test_a_folder_that_cannot_be_made_is_named(tmp_path, files):
    (tmp_path / "taken").touch()
    cache = TokenCache(tmp_path / "taken", KEY)
    with pytest.raises(CaptionerError, match=r"taken.*data\.cache_dir"), cache.lock():
        pass


def test_works_after_pickling(cache, files):
    _ = cache[0]
    copy = pickle.loads(pickle.dumps(cache))
    assert torch.equal(copy[2], files[1][2])


def _append_one(folder, path, token):
    cache = TokenCache(folder, KEY)
    with cache.lock():
        before = len(cache)
        time.sleep(0.02)  # long enough for the others to come
        cache.append([identity(path)], torch.full((1, 2, 3), token, dtype=torch.float16))
        assert len(cache) == before + 1


def test_processes_append_one_after_the_other(tmp_path, files):
    context = multiprocessing.get_context("fork")
    arguments = [(tmp_path / "cache", path, float(i)) for i, path in enumerate(files[0])]
    processes = [context.Process(target=_append_one, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    cache = TokenCache(tmp_path / "cache", KEY)
    assert len(cache) == 5
    for token, row in enumerate(cache.rows(files[0])):
        assert cache[row].unique().tolist() == [token]
