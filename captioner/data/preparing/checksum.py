"""SHA-256 of large files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tqdm import tqdm

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits, with a progress bar on a terminal."""
    digest = hashlib.sha256()
    size = path.stat().st_size
    with (
        path.open("rb") as file,
        tqdm(
            total=size, desc=f"Checking {path.name}", unit="B", unit_scale=True, disable=None
        ) as bar,
    ):
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()
