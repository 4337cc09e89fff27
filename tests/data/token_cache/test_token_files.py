"""Rows over several files, and what is found of them."""

import pytest
import torch

import captioner.data.token_cache.token_files
from captioner.data.token_cache.cache import TokenCache, identity
from captioner.data.token_cache.token_files import TokenFiles

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def three_rows_a_file(monkeypatch):
    monkeypatch.setattr(captioner.data.token_cache.token_files, "MAX_BYTES", 3 * 2 * 6 + 5)


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / f"{number}.jpg" for number in range(8)]
    for path in paths:
        path.touch()
    return [str(path) for path in paths]


TOKENS = torch.arange(48).reshape(8, 2, 3).half()


def store(tmp_path, paths, *parts):
    cache = TokenCache(tmp_path / "cache", KEY)
    with cache.lock():
        for part in parts:
            cache.append([identity(path) for path in paths[part]], TOKENS[part])
    return cache


def check(cache, paths):
    for path_row, tokens in zip(cache.rows(paths), TOKENS, strict=False):
        assert torch.equal(cache[path_row], tokens)


@pytest.mark.parametrize("cuts", [[8], [2, 4, 8], [3, 6, 8], [1, 8]], ids=str)
def test_rows_go_on_in_the_next_file(tmp_path, paths, cuts):
    parts = [slice(start, end) for start, end in zip([0, *cuts], cuts, strict=False)]
    check(store(tmp_path, paths, *parts), paths)
    again = TokenCache(tmp_path / "cache", KEY)
    check(again, paths)
    assert len(again) == 8
    sizes = {file.name: file.stat().st_size for file in again.folder.glob("*.f16")}
    assert sizes == {"tokens.f16": 36, "tokens.1.f16": 36, "tokens.2.f16": 24}


@pytest.mark.parametrize("name", ["tokens.f16", "tokens.1.f16", "tokens.2.f16", "index"])
@pytest.mark.parametrize("left", [0, 13, 23])
def test_what_was_cut_off_is_written_again(tmp_path, paths, name, left):
    cache = store(tmp_path, paths, slice(8))
    file = cache.folder / name
    file.write_bytes(file.read_bytes()[:left])
    cut = TokenCache(tmp_path / "cache", KEY)
    there = len(cut)
    assert there < 8
    assert cut.rows(paths).tolist() == [*range(there), *[-1] * (8 - there)]
    check(store(tmp_path, paths, slice(there, 8)), paths)
    assert len(TokenCache(tmp_path / "cache", KEY)) == 8


def test_a_cache_that_makes_no_sense_is_removed(tmp_path, paths):
    cache = store(tmp_path, paths, slice(8))
    (cache.folder / "meta.json").write_text("{}")
    check(store(tmp_path, paths, slice(2)), paths[:2])
    assert [file.name for file in cache.folder.glob("*.f16")] == ["tokens.f16"]


def test_of_two_rows_of_a_picture_the_later_one_counts(tmp_path, paths):
    cache = store(tmp_path, [paths[0], paths[1], paths[0]], slice(3))
    assert cache.rows([paths[0], paths[1], paths[2], "none.jpg"]).tolist() == [2, 1, -1, -1]
    assert TokenFiles(cache.folder, (2, 3)).count() == 3
