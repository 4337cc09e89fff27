"""Garbage collection paused while modules are imported, of which nothing becomes garbage."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector while the block imports; freeze what it imports.

    Torch and timm make a million objects that stay until the process ends. Python's collector
    goes over them again and again while they are made, whenever it runs in full afterwards, and
    once more at the end: together a third of what ``import timm`` takes. What is there after an
    import is set aside for good (``gc.freeze``); objects that come later are collected as ever.

    Example:
        >>> with gc_paused():
        ...     import json
        >>> gc.isenabled()
        True
    """
    enabled, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        if enabled:
            gc.enable()
