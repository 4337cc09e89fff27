"""What brings a file that is not there."""

from __future__ import annotations

import shlex
from pathlib import Path


def remedy_for(file: str | Path) -> str:
    """Return what a sentence on a missing file goes on with: the command that brings it, if any.

    Args:
        file: A file that is not there.

    Example:
        >>> remedy_for("data/coco/annotations/captions_val2017.json")
        ' (python -m captioner prepare coco2017 brings it)'
        >>> remedy_for("/mnt/flickr8k/images/1000268201_693b08cb0e.jpg")
        ' (python -m captioner prepare flickr8k --root /mnt/flickr8k brings it)'
        >>> remedy_for("photos/images/dog.jpg")
        ''
    """
    # Here, because what prepares a data set reads its files with the modules that ask for this.
    from captioner.data.preparing.sets import PUBLIC_SETS

    for wanted in PUBLIC_SETS.values():
        root = wanted.folder_of(file)
        if root is not None:
            place = "" if root == wanted.root else f" --root {shlex.quote(root)}"
            return f" (python -m captioner prepare {wanted.name}{place} brings it)"
    return ""
