"""Atomic writes of small JSON files."""

from __future__ import annotations

import json
from pathlib import Path

from captioner.files import atomic_write


def write_note(path: Path, content: object) -> None:
    """Write a JSON file, whole or not at all."""
    atomic_write(path, json.dumps(content, indent=1) + "\n")
