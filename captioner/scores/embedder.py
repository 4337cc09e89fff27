"""CLIP embedder: the interface of a model that the user names, and its import."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from captioner.errors import CaptionerError


class Embedder(Protocol):
    """Embedder of pictures and texts in one space, as CLIP is (Radford et al., 2021)."""

    def embed_images(self, paths: Sequence[str]) -> NDArray[np.floating]:
        """Return the embeddings (N, E) of N picture files."""

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.floating]:
        """Return the embeddings (N, E) of N texts."""


def load_embedder(name: str) -> Embedder:
    """Import a class or function by its dotted name, call it without arguments, return the result.

    Args:
        name: Such as ``my_package.my_module.MyClip``.

    Raises:
        CaptionerError: If nothing of that name can be imported, or what it returns embeds nothing.

    Example:
        >>> load_embedder("math.pi")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: clip: expected an importable class with embed_images and \
embed_texts, found 'math.pi'
    """
    module, _, attribute = name.rpartition(".")
    try:
        embedder = getattr(import_module(module), attribute)()
        complete = callable(embedder.embed_images) and callable(embedder.embed_texts)
    except (ImportError, AttributeError, TypeError, ValueError):
        complete = False
    if not complete:
        raise CaptionerError(
            f"clip: expected an importable class with embed_images and embed_texts, found {name!r}"
        )
    return cast(Embedder, embedder)
