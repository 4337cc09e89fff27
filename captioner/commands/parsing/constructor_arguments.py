"""Constructor arguments of a class, read from its source (AST): importing it may take seconds."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Where settings find classes by their short names.
_HOMES = {
    "model": ("captioner.captioners", "captioner.language_models.bi_language_model"),
    "data": ("captioner.data",),
}
_TRAINER = ("lightning.pytorch.trainer.trainer", "Trainer")
# Annotations whose values can be checked without importing anything else.
_SCALARS: dict[str, Any] = {
    **{kind.__name__: kind for kind in (int, float, bool)},
    **{f"{kind.__name__} | None": kind | None for kind in (int, float, bool)},
    **{f"Optional[{kind.__name__}]": kind | None for kind in (int, float, bool)},
}


def constructor_arguments(part: str, name: str) -> frozenset[str] | None:
    """Return the names of all constructor arguments of a class; None if not known for sure.

    There may be a name too many: one that a class sets for the class that it is made from.

    Args:
        part: ``model``, ``data`` or ``trainer``.
        name: What settings call the class: its short name or its whole one; of the trainer, which
            is always the same, any.

    Example:
        >>> coco = constructor_arguments("data", "CocoDataModule")
        >>> sorted(coco - constructor_arguments("data", "FlickrDataModule"))
        ['group_by', 'test_annotations', 'train_annotations', 'val_annotations']
        >>> constructor_arguments("data", "my.photos.DataModule") is None
        True
    """
    found = _find(part, name)
    return None if found is None else frozenset(found)


def scalar_type(part: str, name: str, argument: str) -> Any:
    """Return the type of a constructor argument if it is a number or yes and no, else None.

    Args:
        part: ``model``, ``data`` or ``trainer``.
        name: The class, as in :func:`constructor_arguments`.
        argument: Name of the argument.

    Example:
        >>> scalar_type("data", "CocoDataModule", "batch_size")
        <class 'int'>
        >>> scalar_type("data", "CocoDataModule", "images") is None
        True
    """
    return _SCALARS.get((_find(part, name) or {}).get(argument, ""))


def _find(part: str, name: str) -> Mapping[str, str] | None:
    """Return the arguments of a class with their annotations; None if not known for sure."""
    if part == "trainer":
        return _settings(*_TRAINER)
    module, _, short = name.rpartition(".")
    if module and module.split(".")[0] != "captioner":
        return None
    homes = (module,) if module else _HOMES[part]
    return next(filter(None, (_settings(home, short) for home in homes)), None)


@cache
def _settings(module: str, name: str) -> Mapping[str, str] | None:
    """Return the arguments of a class, with those of its parents where it hands others on."""
    tree = _parse(module)
    if tree is None:
        return None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _arguments(module, node)
    home = _imported(tree).get(name)
    return None if home is None else _settings(*home)


def _arguments(module: str, node: ast.ClassDef) -> Mapping[str, str] | None:
    init = next(
        (
            each
            for each in node.body
            if isinstance(each, ast.FunctionDef) and each.name == "__init__"
        ),
        None,
    )
    own: dict[str, str] = {}
    if init is not None:
        named = (*init.args.posonlyargs, *init.args.args, *init.args.kwonlyargs)
        own = {
            each.arg: ast.unparse(each.annotation) if each.annotation else ""
            for each in named
            if each.arg != "self"
        }
        if init.args.kwarg is None:
            return own
    parents = [_settings(module, each.id) for each in node.bases if isinstance(each, ast.Name)]
    if not parents or None in parents:
        return None
    inherited = {name: kind for parent in filter(None, parents) for name, kind in parent.items()}
    return inherited | own


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return name -> the module that a file imports it from, and its name there."""
    return dict(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


@cache
def _parse(module: str) -> ast.Module | None:
    """Return the syntax of a module that is not imported; None if its source is not there."""
    top, *below = module.split(".")
    spec = find_spec(top)  # of a package below another, Python would import that one
    for folder in [] if spec is None else spec.submodule_search_locations or []:
        location = Path(folder, *below)
        for file in (location.with_suffix(".py"), location / "__init__.py"):
            try:
                return ast.parse(file.read_bytes())
            except (OSError, SyntaxError, ValueError):
                continue
    return None
