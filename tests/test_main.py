"""The command table: help without torch, exit codes, one sentence for a mistake."""

import json
import os
import subprocess
import sys

import pytest

from captioner import __version__
from captioner.__main__ import COMMANDS, OPENMP_WAIT_VARIABLES, limit_openmp_spinning, main

pytestmark = pytest.mark.integration


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


HEAVY = ("torch", "lightning", "torchmetrics", "timm", "numpy", "matplotlib", "pycocotools")


def imports_after(*commands):
    """Run commands in one new process; return their exit codes, what they say, what was imported.

    Args:
        commands: Arguments of each.
    """
    script = (
        "import json, sys; from captioner.__main__ import main;"
        f" codes = [main(argv) for argv in {[list(command) for command in commands]!r}];"
        f" print(json.dumps([codes, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    codes, imported = json.loads(done.stdout.splitlines()[-1])
    return codes, done.stderr.splitlines(), imported


def test_a_wrong_setting_of_any_command_is_told_before_torch_is_imported():
    codes, said, imported = imports_after(*((command, "--nonsense") for command in COMMANDS))
    sentence = "captioner: --nonsense: expected a known setting, found an unknown one"
    assert (codes, said, imported) == ([2] * len(COMMANDS), [sentence] * len(COMMANDS), [])


def test_help_of_commands_with_a_parser_of_their_own_needs_no_torch():
    own = COMMANDS.keys() - {"fit", "validate", "test", "tune", "inspect", "shard"}
    codes, said, imported = imports_after(*((command, "--help") for command in sorted(own)))
    assert (codes, said, imported) == ([0] * len(own), [], [])


def test_wrong_names_in_settings_files_too(tmp_path):
    texts = {
        "serch: {beams: 3}": "serch.beams: expected a known setting",
        "trainer: {max_epoch: 3}": "trainer.max_epoch: expected a known setting",
        "data: {init_args: {bach_size: 3}}": "data: expected a setting of ScenesDataModule",
    }
    wrong: list[tuple[str, ...]] = []
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text)
        commands = ("fit", "validate", "test", "tune", "inspect", "shard")
        wrong += [(command, "--config=lstm", f"--config={file}") for command in commands]
    codes, said, imported = imports_after(*wrong)
    assert (codes, imported) == ([2] * len(wrong), [])
    expected = [f"captioner: {sentence}" for sentence in texts.values() for _ in range(6)]
    assert all(map(str.startswith, said, expected)), said


def test_wrong_values_and_missing_files_too():
    missing = ("found nothing there", "found no such file or directory")
    wrong = {
        "fit --config lstm --search.length=long": "search.length: expected one of",
        "fit --config lstmm": "lstmm: expected a YAML file",
        "fit --config lstm --model.hiden_size=3": "model: expected a setting of LSTMCaptioner",
        "fit --config lstm --trainer.max_epoch=3": "--trainer.max_epoch=3: expected a known",
        "fit --config lstm --init_from=no.ckpt": missing,
        "test --config lstm --ckpt_path no.ckpt": missing,
        "tune --config lstm --weights=a": "weights: expected",
        "inspect --config lstm --show=-1": "show: expected a whole number from 0",
        "inspect --config lstm --data.batch_size=x": "data.batch_size: expected a whole number",
        "shard --config lstm --trainer.max_epochs=x": "trainer.max_epochs: expected a whole number",
        "inspect --config lstm --ckpt_path=no.ckpt": missing,
        "shard --config lstm --size=0": "size: expected a whole number above 0",
        "compare --config compare/demo --out=none --ckpt_paths no.ckpt": missing,
        "compare --seeds=a": "seeds: expected",
        "predict a.png --ckpt_path no.ckpt": missing,
        "predict a.png --ckpt_path no.ckpt --beams=0": "beams: expected at least 1",
        "predict a.png --ckpt_path no.ckpt --part=2/1": "part: expected",
        "elmo --ckpt_path no.ckpt --export x": missing,
        "elmo --options no.json --weights no.hdf5 --export x": missing,
        "elmo no.txt out.hdf5 --ckpt_path no.ckpt": missing,
        "info no.ckpt": missing,
        "prepare imagenet": "dataset: expected one of",
        "configs lstmm": "lstmm: expected a YAML file",
        "score a.json b.json --samples=0": "samples: expected a whole number above 0",
    }
    codes, said, imported = imports_after(*(command.split() for command in wrong))
    assert codes == [2] * len(wrong)
    assert imported == []
    assert len(said) == len(wrong)
    for command, sentence, expected in zip(wrong, said, wrong.values(), strict=True):
        parts = expected if isinstance(expected, tuple) else (expected,)
        assert any(part in sentence for part in parts), command


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_unknown_command(capsys):
    assert main(["caption"]) == 2
    assert capsys.readouterr().err == (
        f"captioner: expected a command ({', '.join(COMMANDS)}), found 'caption'\n"
    )


def test_a_misspelt_command(capsys):
    assert main(["predcit"]) == 2
    assert capsys.readouterr().err.endswith(", found 'predcit'; near it is predict\n")


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
    for name in OPENMP_WAIT_VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is put back even if a test sets it
        monkeypatch.delenv(name)
    return monkeypatch


def test_threads_that_wait_for_long_sleep(no_choice):
    limit_openmp_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "10000"


@pytest.mark.parametrize("name", OPENMP_WAIT_VARIABLES)
def test_how_the_user_wants_threads_to_wait_is_left(name, no_choice):
    no_choice.setenv(name, "chosen")
    limit_openmp_spinning()
    assert {key: os.environ.get(key) for key in OPENMP_WAIT_VARIABLES} == {
        key: "chosen" if key == name else None for key in OPENMP_WAIT_VARIABLES
    }


@pytest.mark.skipif(sys.platform != "linux", reason="asks GNU's OpenMP, which Linux wheels bring")
def test_torch_of_a_command_has_heard_of_it(no_choice):
    no_choice.setenv("OMP_DISPLAY_ENV", "verbose")
    command = [sys.executable, "-m", "captioner", "info", __file__]  # read with torch
    done = subprocess.run(command, capture_output=True, text=True)
    assert "GOMP_SPINCOUNT = '10000'" in done.stderr
    assert f"captioner: {__file__}: expected a checkpoint" in done.stderr
