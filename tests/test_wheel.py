"""A wheel is enough: README.md's commands run from it in an empty folder, and so does each file."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel, built without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def clone(wheel, tmp_path_factory):
    """Return the Python of an environment that has the wheel, and beside it what is tested here."""
    folder = tmp_path_factory.mktemp("clone")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    python = Path(paths["scripts"]) / Path(sys.executable).name
    if not python.exists():
        python = Path(paths["scripts"]) / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    install += ["--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Folders named in a .pth file do not have their own .pth files read: the checkout, to which
    # one of them points, stays out.
    tested = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (Path(paths["purelib"]) / "tested.pth").write_text("\n".join(tested) + "\n")
    return python


def alone(python, arguments, folder):
    """Run the clone's Python in a folder, without a word of the checkout in its environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    return subprocess.run(
        [str(python), *arguments], cwd=folder, env=kept, capture_output=True, text=True, check=False
    )


def test_the_wheel_has_the_package_and_every_shipped_file_once(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    configs = {p.relative_to(ROOT).as_posix() for p in (ROOT / "configs").rglob("*.yaml")}
    package = {p.relative_to(ROOT).as_posix() for p in (ROOT / "captioner").rglob("*.*")}
    package = {name for name in package if not name.endswith(".pyc")}
    expected = {f"captioner/{name}" for name in configs} | package | {"captioner/data/README.md"}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert not (ROOT / "captioner" / "configs").exists()


def test_a_source_distribution_leaves_golden_checkpoints_to_the_repository(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert any(name.endswith("tests/test_wheel.py") for name in names)
    assert not any(name.endswith(".ckpt") or "golden" in name for name in names)


def test_the_commands_of_the_readme_run_from_the_wheel_in_an_empty_folder(clone, tmp_path):
    where = alone(clone, ["-c", "import captioner; print(captioner.__file__)"], tmp_path)
    assert where.returncode == 0, where.stderr
    assert Path(where.stdout.strip()).is_relative_to(clone.parents[1])
    listed = alone(clone, ["-m", "captioner", "configs"], tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "\nflickr8k/transformer " in listed.stdout
    readme = [str(ROOT / "tests" / "test_readme.py"), f"--rootdir={ROOT}", "-p", "no:cacheprovider"]
    config = ["-c", str(ROOT / "pyproject.toml")]
    done = alone(
        clone,
        ["-m", "pytest", *config, *readme, "-k", "in_the_order or python_examples or parsed"],
        tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout
