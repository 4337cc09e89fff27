"""Subprocess that reads HDF5 files, so that a damaged one cannot crash its parent.

The HDF5 library checks little of what it reads: of 10,000 files with a few changed bytes, one ended
the process. Requests are lines of JSON, ``{"file": .., "shapes": {name: [..]}}``. The answer has
for each name, in order, a line ``{}`` and the numbers as little-endian float32, and last a line
with the names of all data sets; or, in the place of any of them, ``{"error": ..}``, which ends it.
Nothing else of the package is imported, so that it starts fast.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import h5py
import numpy as np


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            for part in answer(request["file"], request["shapes"]):
                sys.stdout.buffer.write(part)
        except Exception as error:  # of a damaged or hostile file, the library raises anything
            sys.stdout.buffer.write(_line(error=" ".join(str(error).split())))
        sys.stdout.buffer.flush()


def answer(path: str, shapes: Mapping[str, Sequence[int]]) -> Iterator[bytes]:
    """Yield the answer to a request, piece by piece."""
    with h5py.File(path, "r") as file:
        for name, shape in shapes.items():
            found = _find(file, name)
            if getattr(found, "shape", None) != tuple(shape) or found.dtype.kind != "f":
                what = "none" if found is None else getattr(found, "shape", "a group")
                wrong = f"numbers of shape {tuple(shape)} at {name}, as the options say"
                yield _line(expected=wrong, error=str(what))
                return
            numbers = np.ascontiguousarray(found[...], dtype="<f4")
            yield _line()
            yield numbers.tobytes()
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    yield _line(names=names)


def _find(file: h5py.File, name: str) -> Any:
    """Return what has a name; None if nothing does.

    Raises:
        ValueError: If it does not lie in the file itself: links may lead to any other, even a pipe.
    """
    parts = name.split("/")
    for end in range(1, len(parts) + 1):
        link = file.get("/".join(parts[:end]), getlink=True)
        if link is None:
            return None
        leads_on = isinstance(link, h5py.SoftLink | h5py.ExternalLink)
        if leads_on:
            raise ValueError(f"there is a link at {'/'.join(parts[:end])}")
    found = file[name]
    if isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
        raise ValueError(f"the numbers of {name} are in another file")
    return found


def _line(**content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


if __name__ == "__main__":
    main()
