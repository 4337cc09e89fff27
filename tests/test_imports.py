"""The parts of the package know of each other only what the architecture allows."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

import captioner
from captioner.captioners import CAPTIONERS
from captioner.commands.lightning_cli.known_classes import DATA_MODULES, MODELS

PACKAGE = Path(captioner.__file__).parent
EVERYWHERE = {
    "captioner.errors",
    "captioner.files",
    "captioner.formatting",
    "captioner.locks",
    "captioner.plain_text",
    "captioner.types",
}
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
# What captions pictures, or looks at what can: training and its libraries are not among it.
WITHOUT_TRAINING = (
    "captioner.pipeline",
    *(f"captioner.commands.{name}" for name in ("predict", "info", "score", "idf", "elmo")),
    *(f"captioner.commands.{name}" for name in ("configs", "prepare")),
)
TRAINING = ("lightning", "torchmetrics", "pytorch_lightning", "tensorboard")


def imports(tree: ast.AST, module: str) -> Iterator[tuple[str, str | None]]:
    """Yield what a file imports, wherever in it: the module, and the name in it if there is one.

    Args:
        tree: Its syntax, or some of it.
        module: Its own full name, which relative imports start from.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(module.split(".")[: -node.level]) if node.level else ""
            parent = ".".join(filter(None, (above, node.module)))
            yield from ((parent, alias.name) for alias in node.names)


def imported(source, module):
    """Return the modules of the package that a file imports, wherever in it, by full name.

    Args:
        source: Text of the file.
        module: Its own full name, which relative imports start from.
    """
    found = {
        # from captioner import errors: the module is what follows "import"
        f"captioner.{name}" if parent == "captioner" and name else parent
        for parent, name in imports(ast.parse(source), module)
    }
    return {name for name in found if name.startswith("captioner.")}


def is_lazy(node: ast.stmt) -> bool:
    """Tell whether a statement of a package is about names that it imports when they are used."""
    typing = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return typing or (isinstance(node, ast.FunctionDef) and node.name == "__getattr__")


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Return module -> the modules that it imports, wherever in its file: in functions too.

    To import a module is to import the packages that it is in as well, but for those that the
    importing module is in itself. A package with a ``__getattr__`` does not import the names that
    this stands for; whoever imports such a name from the package imports the module it is from.

    Args:
        sources: Full name -> text, of every module; ``captioner.data`` for its ``__init__``.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    lazy = {}
    for package, tree in trees.items():
        if any(isinstance(node, ast.FunctionDef) and is_lazy(node) for node in tree.body):
            for node in filter(is_lazy, tree.body):
                homes = imports(node, f"{package}.__init__")
                lazy |= {(package, name): home for home, name in homes if home in trees}
            tree.body = [node for node in tree.body if not is_lazy(node)]
    graph = {}
    for module, tree in trees.items():
        own = any(name.startswith(f"{module}.") for name in trees)
        found = set()
        for parent, name in imports(tree, f"{module}.__init__" if own else module):
            whole = f"{parent}.{name}"
            target = whole if whole in trees else lazy.get((parent, name), parent)
            while target in trees:
                found.add(target)
                target = target.rpartition(".")[0]
                if f"{module}.".startswith(f"{target}."):
                    break
        graph[module] = found - {module}
    return graph


def part_of(module: str) -> str:
    """Return the part of the package that a module belongs to: a folder or a file at its top."""
    return ".".join(module.split(".")[:2])


def cycle(graph: dict[str, set[str]]) -> str:
    """Return a cycle of imports, in words; "" if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " imports ".join(reversed(error.args[1]))
    return ""


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
    names = {"captioner.text.ptb.tokenizer", "captioner.textual", "captioner.types"}
    assert outside(names, {"captioner.text", *EVERYWHERE}) == {"captioner.textual"}


@pytest.fixture(scope="module")
def sources():
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = file.read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def graph(sources):
    return import_graph(sources)


def test_no_modules_import_each_other(graph):
    assert cycle(graph) == ""


def test_no_parts_import_each_other(graph):
    parts = {}
    for here, below in graph.items():
        part = part_of(here)
        parts.setdefault(part, set()).update({part_of(there) for there in below} - {part})
    del parts["captioner"]  # whose names are imported on use
    assert cycle({part: below - {"captioner"} for part, below in parts.items()}) == ""


@pytest.mark.parametrize("module", WITHOUT_TRAINING)
def test_captioning_needs_nothing_of_training(module, graph, sources):
    reached, left = set(), [module]
    while left:
        here = left.pop()
        if here not in reached:
            reached.add(here)
            left += graph[here]
    found = {
        (here, name)
        for here in reached
        for name, _ in imports(ast.parse(sources[here]), here)
        if name.split(".")[0] in TRAINING
    }
    assert found == set()


LAZY = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from captioner.a import A as A
def __getattr__(name):
    from captioner.a import A
"""


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ({"a": "import captioner.b", "b": "from captioner import c", "c": ""}, ""),
        ({"a": "import captioner.b", "b": "from captioner import a"}, "a b a"),
        ({"a": "import captioner.b", "b": "def f():\n    from captioner.a import A"}, "a b a"),
        ({"a": "import captioner.b", "b": "if TYPE_CHECKING:\n    import captioner.a"}, "a b a"),
        ({"a": "from .b import B", "b": "from .c import C", "c": "from . import a"}, "a b c a"),
        # a package, and what is in it
        ({"p": "", "p.x": "from captioner.p import y", "p.y": ""}, ""),
        ({"p": "from captioner.p.x import X", "p.x": "import captioner.a", "a": ""}, ""),
        ({"p": "from captioner.p.x import X", "p.x": "from captioner.p import X"}, "p p.x p"),
        # to import p.y is to import p, and with it p.x
        ({"p": "import captioner.p.x", "p.x": "import captioner.a", "p.y": "",
          "a": "from captioner.p.y import Y"}, "a p p.x a"),
        # names that a package imports on use
        ({"": LAZY, "a": "from captioner import b", "b": ""}, ""),
        ({"": LAZY, "a": "from captioner import b", "b": "from captioner import A"}, "a b a"),
    ],
)  # fmt: skip
def test_cycles_are_found(modules, expected):
    sources = {"captioner": "", **{f"captioner.{n}".rstrip("."): s for n, s in modules.items()}}
    found = cycle(import_graph(sources)).replace("captioner.", "").split(" imports ")
    assert set(pairwise(found)) == set(pairwise(expected.split()))  # wherever it begins


def test_no_folder_holds_more_than_one_can_survey(sources):
    folders = {name.rpartition(".")[0] for name in sources} - {""}
    for folder in folders:
        modules = sources.keys() - folders
        side_by_side = [name for name in modules if name.rpartition(".")[0] == folder]
        most = 20 if folder.split(".")[1:2] in (["data"], ["comparison"]) else 30
        assert len(side_by_side) <= most, folder


@pytest.mark.parametrize("kind", [*MODELS, *CAPTIONERS.values(), *DATA_MODULES])
def test_few_levels_lie_between_a_class_and_lightning_s(kind):
    above = kind.__mro__[1:]
    lightning = next(each for each in above if each.__module__.startswith("lightning."))
    assert len([each for each in above[: above.index(lightning)] if each.__name__ != "ABC"]) <= 3
