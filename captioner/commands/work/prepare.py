"""``prepare``: fetch a public data set, or draw the embedded one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from jsonargparse import Namespace

from captioner.data.preparing.catalog import PUBLIC_SETS
from captioner.data.preparing.download import RetryPolicy
from captioner.data.preparing.preparation import prepare
from captioner.data.scenes import write_scenes

_SCENES = "data/scenes"
_NEXT = "Next: python -m captioner fit"


def fetch(settings: Namespace) -> int:
    """Fetch a data set from its makers and unpack it; return 0.

    Args:
        settings: Those of the command.
    """
    wanted = PUBLIC_SETS[settings.dataset]
    root = settings.root or wanted.root
    retry_policy = RetryPolicy(timeout=settings.timeout)
    prepare(wanted, Path(root), mirror=settings.mirror, retry_policy=retry_policy)
    print(f"{_NEXT} {shlex.join(wanted.settings(root))}")
    return 0


def draw(folder: str | None) -> int:
    """Draw ``scenes``; return 0.

    Args:
        folder: Where to; the folder that they have by default if None.
    """
    root = folder or _SCENES
    write_scenes(Path(root), progress=sys.stderr.isatty())
    named = "" if root == _SCENES else f" --data.folder {shlex.quote(root)}"
    print(f"{root}: scenes is complete")
    print(f"{_NEXT} --config lstm{named}")
    return 0
