"""Endings that break a caption off."""

import pytest

from captioner.text.endings import is_dangling


@pytest.mark.parametrize("caption", ["a dog with a", "two men in front of the", "a man who", "and"])
def test_broken_off(caption):
    assert is_dangling(caption.split())


@pytest.mark.parametrize(
    "caption", ["", "a dog", "a man with his hat on", "people walk by", "is it"]
)
def test_whole(caption):
    assert not is_dangling(caption.split())
