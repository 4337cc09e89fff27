"""Word lists in settings, verbatim: ``on``, ``2`` and ``null`` are words there, not YAML values.

Importing this module makes parsers read settings of the type ``Words``, and every name of a
setting, as text: ``[on, no, 2, null]`` are four words, not two truth values, a number and nothing.
"""

from __future__ import annotations

from typing import Any

import yaml
from jsonargparse import get_loader, set_loader
from jsonargparse.typing import register_type

from captioner.models.search_settings import Words

_SETTINGS = ("forbidden_words", "required_words")
_LOAD = get_loader("yaml")
_MERGE = "tag:yaml.org,2002:merge"


def to_word_list(value: Any) -> Words:
    """Return a list of words, or what the text of one holds.

    Raises:
        ValueError: If it is neither.

    Example:
        >>> to_word_list("[on, 2, null, 'a']")
        ['on', '2', 'null', 'a']
    """
    try:
        words = yaml.load(value, yaml.BaseLoader) if isinstance(value, str) else value
    except yaml.YAMLError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"'{value}' does not conform to a list of words")
    return Words(words)


def load(text: str) -> Any:
    """Return YAML as jsonargparse loads it, but with names and word lists verbatim.

    Example:
        >>> load("{search: {forbidden_words: [on, 2020-01-01], beams: 3}, on: 1_0}")
        {'search': {'forbidden_words': ['on', '2020-01-01'], 'beams': 3}, 'on': 10}
        >>> load("{<<: {patience: 3}}")
        {'patience': 3}
    """
    return _as_written(_LOAD(text), yaml.compose(text, yaml.SafeLoader))


def _as_written(value: Any, node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(value, list):
        return [_as_written(*pair) for pair in zip(value, node.value, strict=True)]
    if not isinstance(node, yaml.MappingNode) or not isinstance(value, dict):
        return value
    if any(key.tag == _MERGE for key, _ in node.value):  # it has names of another mapping (<<)
        return value
    written: dict[Any, Any] = {}
    for (name, inner), (key, below) in zip(value.items(), node.value, strict=True):
        text = key.value if isinstance(key, yaml.ScalarNode) else name
        is_words = isinstance(text, str) and text.rpartition(".")[2] in _SETTINGS
        written[text] = _texts(below, inner) if is_words else _as_written(inner, below)
    return written


def _texts(node: yaml.Node, value: Any) -> Any:
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    scalars = [item.value for item in items if isinstance(item, yaml.ScalarNode)]
    return scalars if scalars and len(scalars) == len(items) else value


register_type(
    Words,
    serializer=list,
    deserializer=to_word_list,
    type_check=lambda value, kind: isinstance(value, kind),
)
set_loader("yaml", load, exceptions=(yaml.YAMLError,))
