"""What is installed is what pyproject.toml says, and what it says is what is imported."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NAMES = {
    "PIL": "pillow",
    "google": "protobuf",
    "yaml": "pyyaml",
}  # where the package has another name than its import


def required(*extras):
    """Return the requirements of the package and of its extras, with those that they name."""
    found = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in extras:
        for line in PROJECT["optional-dependencies"][extra]:
            one = Requirement(line)
            found += required(*one.extras) if one.name == PROJECT["name"] else [one]
    return found


def test_a_lock_for_each_python_that_is_named():
    named = [re.search(r":: (3\.\d+)$", text) for text in PROJECT["classifiers"]]
    expected = {f"linux-x86_64-py{m[1].replace('.', '')}.txt" for m in named if m}
    assert {path.name for path in LOCKS} == expected


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_pins_what_setup_installs_within_the_bounds(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    for requirement in required("dev"):
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name}: make lock"
        assert requirement.specifier.contains(pins[name]), f"{requirement}: make lock"


def test_what_the_package_imports_it_requires():
    imported = set()
    for file in (ROOT / "captioner").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add(node.module.partition(".")[0])
    others = imported - set(sys.stdlib_module_names) - {"captioner"}
    names = {canonicalize_name(NAMES.get(name, name)) for name in others}
    every = required(*PROJECT["optional-dependencies"])
    assert names <= {canonicalize_name(requirement.name) for requirement in every}
