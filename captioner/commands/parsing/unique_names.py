"""YAML whose mappings have every name once: of a repeated one, readers keep the last silently."""

from __future__ import annotations

from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"  # ``<<``, which brings names that the mapping may replace


class RepeatedNameError(ValueError):
    """Tell that a mapping has a name twice."""


class UniqueNameLoader(yaml.SafeLoader):
    """Read YAML as ``yaml.SafeLoader`` does, and refuse a mapping that has a name twice.

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
