"""What checks and cites the project is readable, and names only what there is."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

import captioner

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def read(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_workflows_call_targets_that_there_are():
    called = set()
    for file in (ROOT / ".github/workflows").glob("*.yml"):
        for job in read(file)["jobs"].values():
            commands = "\n".join(step.get("run", "") for step in job["steps"])
            called |= set(re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE))
    assert {"test", "test-oldest", "test-newest"} <= called <= TARGETS


def test_workflows_run_every_python_that_is_promised():
    promised = {text.rpartition(" ")[2] for text in PROJECT["classifiers"] if ":: 3." in text}
    matrix = read(".github/workflows/test.yml")["jobs"]["locked"]["strategy"]["matrix"]
    assert set(matrix["python"]) == promised
    locked = re.search(r"^LOCKED +:= (.*)$", MAKEFILE, re.MULTILINE)
    assert locked is not None
    assert set(locked[1].split()) == promised


def test_hooks_run_programs_of_the_environment():
    (local,) = read(".pre-commit-config.yaml")["repos"]
    installed = {Requirement(line).name for line in PROJECT["optional-dependencies"]["dev"]}
    programs = [hook["entry"].split()[0] for hook in local["hooks"]]
    assert len(programs) == 3
    assert {program.removeprefix(".venv/bin/") for program in programs} <= installed


def test_every_target_is_phony_and_explained():
    phony = re.search(r"^\.PHONY: (.*?[^\\])\n", MAKEFILE, re.MULTILINE | re.DOTALL)
    assert phony is not None
    assert set(phony[1].replace("\\", "").split()) == TARGETS
    explained = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert explained == TARGETS


def test_what_is_cited_is_this_version():
    citation = read("CITATION.cff")
    assert citation["version"] == captioner.__version__
    assert citation["license"] == PROJECT["license"]
