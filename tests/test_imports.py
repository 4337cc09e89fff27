"""The parts of the package know of each other only what the architecture allows."""

import ast
from pathlib import Path

import pytest

import captioner

PACKAGE = Path(captioner.__file__).parent
EVERYWHERE = {"captioner.errors", "captioner.plain_text", "captioner.types"}
ALLOWED = {
    "layers": set(),
    "search": set(),
    "scores": set(),
    "text": set(),
    "decoders": {"captioner.layers", "captioner.language_models"},
    "language_models": {"captioner.layers", "captioner.text"},
    "data": {"captioner.text", "captioner.preprocessing", "captioner.finite_features"},
}
# Where a LightningModule and its checkpoint join all that a language model is made of.
MEETING_PLACES = {
    "captioner.language_models.bi_language_model",
    "captioner.language_models.checkpoint",
}


def imported(source, module):
    """Return the modules of the package that a file imports, wherever in it, by full name.

    Args:
        source: Text of the file.
        module: Its own full name, which relative imports start from.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(module.split(".")[: -node.level]) if node.level else ""
            parent = ".".join(filter(None, (above, node.module)))
            # from captioner import errors: the module is what follows "import"
            whole = parent == "captioner"
            found |= {f"captioner.{a.name}" for a in node.names} if whole else {parent}
    return {name for name in found if name.startswith("captioner.")}


def outside(names, allowed):
    """Return the names that are neither in ``allowed`` nor inside of what is."""
    return {n for n in names if not any(n == a or n.startswith(f"{a}.") for a in allowed)}


@pytest.mark.parametrize("part", ALLOWED)
def test_parts_import_only_what_they_may(part):
    allowed = EVERYWHERE | ALLOWED[part] | {f"captioner.{part}"}
    files = sorted((PACKAGE / part).rglob("*.py"))
    assert files
    found = {}
    for file in files:
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        wrong = outside(imported(file.read_text(encoding="utf-8"), module), allowed)
        if wrong and module not in MEETING_PLACES:
            found[module] = sorted(wrong)
    assert found == {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import captioner.scores.bleu", {"captioner.scores.bleu"}),
        ("from captioner.scores import bleu", {"captioner.scores"}),
        ("from captioner import scores, types", {"captioner.scores", "captioner.types"}),
        ("from ..scores import bleu", {"captioner.scores"}),
        ("from .cell import Cell", {"captioner.layers.cell"}),
        ("from .. import scores", {"captioner.scores"}),
        ("def late():\n    from captioner.text import Vocabulary", {"captioner.text"}),
        ("import captioner, torch\nfrom pathlib import Path", set()),
    ],
)
def test_every_way_to_import_is_seen(line, expected):
    assert imported(line, "captioner.layers.attention") == expected


def test_a_forbidden_import_is_told_from_one_that_only_begins_alike():
    names = {"captioner.text.ptb", "captioner.textual", "captioner.types"}
    assert outside(names, {"captioner.text", *EVERYWHERE}) == {"captioner.textual"}
