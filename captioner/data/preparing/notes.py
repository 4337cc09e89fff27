"""Small JSON files, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path


def write_note(path: Path, content: object) -> None:
    """Write a JSON file, whole or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
