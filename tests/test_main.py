"""The command table: help without torch, exit codes, one sentence for a mistake."""

import subprocess
import sys

import pytest

from captioner import __version__
from captioner.__main__ import COMMANDS, main


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
        " heavy = {'torch', 'lightning', 'torchmetrics'} & set(sys.modules);"
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
