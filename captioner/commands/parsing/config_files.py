"""YAML settings files (``--config``): found by path or shipped name, every name in them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from captioner.errors import CaptionerError
from captioner.shipped_configs import find_config

_MERGE = "tag:yaml.org,2002:merge"  # ``<<``, which brings names that the mapping may replace


class RepeatedNameError(ValueError):
    """A YAML mapping has a name twice."""


class UniqueNameLoader(yaml.SafeLoader):
    """YAML loader that refuses duplicate keys; otherwise ``yaml.SafeLoader``.

    Raises:
        RepeatedNameError: If one has.

    Example:
        >>> yaml.load("{A: 1, B: {A: 2}}", UniqueNameLoader)
        {'A': 1, 'B': {'A': 2}}
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Return a mapping as it is written, before ``<<`` brings others' names into it."""
        node = super().compose_mapping_node(anchor)
        names = set()
        for name, _ in node.value:
            if name.tag == _MERGE or not isinstance(name, yaml.ScalarNode):
                continue
            if (name.tag, name.value) in names:
                raise RepeatedNameError(
                    f"expected every name once, found {name.value!r} again in line"
                    f" {name.start_mark.line + 1}"
                )
            names.add((name.tag, name.value))
        return node


def resolve_config_files(argv: Sequence[str]) -> list[str]:
    """Return arguments with the names of shipped settings files resolved to paths, all checked.

    Args:
        argv: Arguments, of which those after ``--config`` or ``-c`` are files, or names of shipped
            configurations.

    Raises:
        CaptionerError: If a file is not there, not YAML, or has a name twice in one index; parsers
            do not name the file.
    """
    found = list(argv)
    for index, before, name in _config_arguments(argv):
        found[index] = f"{before}{_checked_yaml(name)}"
    return found


def config_files(argv: Sequence[str]) -> list[Path]:
    """Return the settings files among arguments that ``resolve_config_files`` returned."""
    return [Path(name) for _, _, name in _config_arguments(argv)]


def _config_arguments(argv: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Yield for each settings file the index of its argument, what precedes its name, its name."""
    for index, word in enumerate(argv):
        flag, equals, name = word.partition("=")
        if flag not in ("--config", "-c"):
            continue
        if equals:
            yield index, f"{flag}=", name
        elif index + 1 < len(argv):
            yield index + 1, "", argv[index + 1]


def _checked_yaml(name: str) -> Path:
    path = find_config(name)
    try:
        settings = yaml.load(path.read_text(encoding="utf-8"), UniqueNameLoader)
        if not isinstance(settings, dict):
            found = "none" if settings is None else f"a {type(settings).__name__}"
            raise CaptionerError(f"{name}: expected settings such as name: value, found {found}")
    except RepeatedNameError as error:
        raise CaptionerError(f"{name}: {error}") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise CaptionerError(f"{name}: expected YAML, found {reason}") from None
    except UnicodeDecodeError as error:
        raise CaptionerError(
            f"{name}: expected YAML in UTF-8, found another encoding ({error.reason} at byte "
            f"{error.start}), so save it as UTF-8"
        ) from None
    except OSError as error:
        raise CaptionerError(f"{name}: expected a YAML file, found none ({error})") from None
    return path
