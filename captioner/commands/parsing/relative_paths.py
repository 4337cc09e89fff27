"""Relative paths in the settings file of a comparison, resolved against the file's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import Namespace

from captioner.commands.parsing.config_files import config_files

# Settings of captioners whose text may name a file or a folder.
_READ = ("data.", "init_from", "model.bilm", "model.encoder_weights")


def resolve_relative_paths(settings: Namespace, argv: Sequence[str]) -> list[str]:
    """Resolve relative paths against the folder of the file that names them, where they exist.

    What is not there is looked for in the working folder, as what the command line names is.

    Args:
        settings: Parsed settings of ``compare``; the paths in them are replaced.
        argv: The arguments, in which settings files are paths.

    Returns:
        What a user should know: for each path that is there in both folders, which was taken.
    """
    remarks: list[str] = []
    for file in reversed(config_files(argv)):  # the last one that names a setting counts
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        for key in ("models", "controls", "settings", "ckpt_paths", "captions"):
            if isinstance(written, Mapping) and key in written:
                settings[key] = _resolve(file, (key,), written[key], settings[key], remarks)
    return remarks


def _resolve(
    file: Path, keys: tuple[str, ...], written: Any, parsed: Any, remarks: list[str]
) -> Any:
    """Return what was parsed, with the paths in it that the file names; add to the remarks."""
    if isinstance(written, Mapping) and isinstance(parsed, Mapping):
        changed = {
            name: _resolve(file, (*keys, str(name)), written[name], value, remarks)
            for name, value in parsed.items()
            if name in written
        }
        return {**parsed, **changed}
    if isinstance(written, list) and isinstance(parsed, list) and len(written) == len(parsed):
        pairs = zip(written, parsed, strict=True)
        return [_resolve(file, keys, each, value, remarks) for each, value in pairs]
    if not isinstance(parsed, str | Path) or str(written) != str(parsed) or not _is_path(keys):
        return parsed
    beside, here = file.parent / parsed, Path(parsed)
    if not beside.exists():
        return parsed
    if here.exists() and not beside.samefile(here):
        remarks.append(
            f"{'.'.join(keys)}: {parsed} is there beside {file.name} and in the working folder;"
            f" taken is {beside}"
        )
    return type(parsed)(beside)


def _is_path(keys: tuple[str, ...]) -> bool:
    is_config = keys[0] in ("models", "controls") and keys[-1] == "config"
    return is_config or keys[0] in ("ckpt_paths", "captions") or keys[-1].startswith(_READ)
