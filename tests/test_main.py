"""The command table: help without torch, exit codes, one sentence for a mistake."""

import os
import subprocess
import sys

import pytest

from captioner import __version__
from captioner.__main__ import COMMANDS, WAITING, main, wait_briefly


def test_help_names_every_command_and_imports_neither_torch_nor_lightning():
    script = (
        "import sys; from captioner.__main__ import main; code = main(['--help']);"
        " heavy = {'torch', 'lightning', 'jsonargparse'} & set(sys.modules);"
        " sys.exit(code or (f'imported {heavy}' if heavy else 0))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout


def test_commands_without_a_model_import_neither_torch_nor_lightning():
    script = (
        "import sys; from captioner.__main__ import main;"
        " light = ('prepare', 'score', 'idf', 'configs');"
        " codes = [main([command, '--help']) for command in light];"
        " heavy = {'torch', 'lightning', 'torchmetrics', 'pycocotools'} & set(sys.modules);"
        " sys.exit(any(codes) or (f'imported {heavy}' if heavy else 0))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_unknown_command(capsys):
    assert main(["caption"]) == 2
    assert capsys.readouterr().err == (
        f"captioner: expected a command ({', '.join(COMMANDS)}), found 'caption'\n"
    )


def test_no_command_explains(capsys):
    assert main([]) == 2
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    assert main([command, "--help"]) == 0
    assert "usage" in capsys.readouterr().out


@pytest.fixture
def no_choice(monkeypatch):
    """Take away what the environment says of waiting, and undo what is said here."""
    for name in WAITING:
        monkeypatch.setenv(name, "")  # so that it is put back even if a test sets it
        monkeypatch.delenv(name)
    return monkeypatch


def test_threads_that_wait_for_long_sleep(no_choice):
    wait_briefly()
    assert os.environ["GOMP_SPINCOUNT"] == "10000"


@pytest.mark.parametrize("name", WAITING)
def test_how_the_user_wants_threads_to_wait_is_left(name, no_choice):
    no_choice.setenv(name, "chosen")
    wait_briefly()
    assert {key: os.environ.get(key) for key in WAITING} == {
        key: "chosen" if key == name else None for key in WAITING
    }


@pytest.mark.skipif(sys.platform != "linux", reason="asks GNU's OpenMP, which Linux wheels bring")
def test_torch_of_a_command_has_heard_of_it(no_choice):
    no_choice.setenv("OMP_DISPLAY_ENV", "verbose")
    command = [sys.executable, "-m", "captioner", "info", "nowhere.ckpt"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "GOMP_SPINCOUNT = '10000'" in done.stderr
    assert "captioner: nowhere.ckpt" in done.stderr
