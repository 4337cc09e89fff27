"""The recipes of CONTRIBUTING.md work as they are written: followed in a copy of the package."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### (Add .*?)\n(.*?)(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE))
STEP = re.compile(
    r"^(?:(?P<verb>Create|Change) `(?P<file>[^`]+)`[^`]*?|Run:)\n\n```\w+\n(?P<block>.*?)```",
    re.DOTALL | re.MULTILINE,
)


def changed(text: str, diff: str) -> str:
    """Return a text with the hunks of a diff applied, each where its old lines stand.

    Raises:
        ValueError: If they stand nowhere, or more than once.
    """
    for hunk in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines()
        old, new = (
            "".join(f"{line[1:]}\n" for line in lines if line[:1] != left_out) for left_out in "+-"
        )
        if f"\n{text}".count(f"\n{old}") != 1:
            raise ValueError(f"expected these lines once:\n{old}")
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:]
    return text


def follow(recipe: str, folder: Path) -> tuple[list[Path], list[list[str]]]:
    """Create and change the files of a recipe; return them, and the commands that it runs."""
    files, commands = [], []
    for step in STEP.finditer(RECIPES[recipe]):
        if step["verb"] is None:
            lines = step["block"].replace("\\\n", " ").splitlines()
            commands += [shlex.split(line) for line in lines]
            continue
        file = folder / step["file"]
        if step["verb"] == "Create":
            assert not file.exists()
            file.write_text(step["block"], encoding="utf-8")
        else:
            text = changed(file.read_text(encoding="utf-8"), step["block"])
            file.write_text(text, encoding="utf-8")
        files.append(file)
    return files, commands


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what a recipe needs of the checkout."""
    unneeded = shutil.ignore_patterns("__pycache__", "golden", "fuzz", "kill", "benchmarks")
    for name in ("captioner", "configs", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unneeded)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


def run(command, folder):
    """Run a command in a folder, whose package goes first."""
    program = [sys.executable, *command[1:]]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.integration
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_works_as_it_is_written(recipe, checkout):
    files, commands = follow(recipe, checkout)
    source = [str(file) for file in files if file.suffix == ".py"]
    run(["python", "-m", "ruff", "format", "--check", *source], checkout)
    run(["python", "-m", "ruff", "check", "--no-cache", *source], checkout)
    assert commands
    for command in commands:
        assert command[0] == "python"
        said = run(command, checkout)
        if command[2] == "pytest":
            assert re.search(r"\d+ passed|^\.+", said, re.MULTILINE)
            assert "failed" not in said


def test_there_are_three_recipes_and_every_block_of_them_is_followed():
    assert list(RECIPES) == ["Add a decoder", "Add a data format", "Add a score"]
    for text in RECIPES.values():
        assert len(STEP.findall(text)) == text.count("```") // 2


@pytest.mark.parametrize("diff", [" b\n+x\n", "-b\n+x\n", " d\n+x\n"])
def test_lines_that_stand_nowhere_or_twice_are_refused(diff):
    with pytest.raises(ValueError, match="expected these lines once"):
        changed("a\nb\nc\nb\n", diff)


def test_hunks_are_applied_where_they_fit():
    assert changed("a\nb\n\nc\n", "-b\n+B\n \n@@\n+x\n c\n") == "a\nB\n\nx\nc\n"


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", PAGE)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_are_there():
    targets = set(re.findall(r"`make ([a-z-]+)`", PAGE)) | set(
        re.findall(r"^make (\S+)", PAGE, re.M)
    )
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"setup", "check", "test", "format"} <= targets
    assert targets <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
