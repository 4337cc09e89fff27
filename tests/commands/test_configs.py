"""``configs`` lists what is shipped, prints one, and copies one without overwriting."""

import subprocess
import sys

import pytest
import yaml

from captioner.__main__ import main
from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.shipped_configs import shipped_configs


def test_the_list_has_name_purpose_time_and_score(capsys):
    assert main(["configs"]) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    for name in shipped_configs():
        (place,) = (n for n, line in enumerate(lines) if line.split(" ")[0] == name)
        assert len(lines[place].split("  ")[-1]) > 20
        if not name.startswith("data/"):
            assert " time: " in lines[place + 1]
            assert " score: " in lines[place + 2]


def test_a_copy_is_read_like_the_shipped_one_and_stays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["configs", "compare/demo", "--out", "mine.yaml"]) == 0
    content = shipped_configs()["compare/demo"].read_bytes()
    assert (tmp_path / "mine.yaml").read_bytes() == content
    (tmp_path / "mine.yaml").write_text("name: changed\n")
    assert main(["configs", "lstm", "--out", "mine.yaml"]) == 2
    assert (tmp_path / "mine.yaml").read_text() == "name: changed\n"
    error = capsys.readouterr().err
    assert "mine.yaml: expected a file that is not there yet, found one" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lstn"], "near it is lstm"),
        (["lstm", "--out", "none/mine.yaml"], "none/mine.yaml: could not be written"),
        (["--out", "mine.yaml"], "out: expected the name of a configuration with it"),
    ],
)
def test_mistakes_are_one_sentence(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["configs", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("at_the_limit", "code", "said"),
    [
        ("SIG_IGN", 2, "captioner: a.yaml: could not be written ("),
        ("SIG_DFL", -25, ""),  # killed in the middle of writing, by SIGXFSZ
    ],
)
def test_half_a_copy_does_not_stay(at_the_limit, code, said, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a limit on the size of files, as Linux has it")
    script = (
        "import resource, signal, sys;"
        f"signal.signal(signal.SIGXFSZ, signal.{at_the_limit});"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "from captioner.__main__ import main;"
        "sys.exit(main(['configs', 'lstm', '--out', 'a.yaml']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert not (tmp_path / "a.yaml").exists()


@pytest.mark.parametrize("flags", [["--config", "lstm"], ["--config=lstm"], ["-c", "lstm.yaml"]])
def test_a_name_is_a_config_of_every_command(flags, tmp_path, monkeypatch, capsys):
    """Of those that build a run, and of those that only read its settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CaptionerCLI, "instantiate_classes", lambda *_: None)
    monkeypatch.setattr(CaptionerCLI, "_run_subcommand", lambda *_: None)
    assert main(["fit", *flags, "--name=x", "--print_config"]) == 0
    settings = yaml.safe_load(capsys.readouterr().out)
    assert settings["model"]["class_path"].endswith("LSTMCaptioner")
    assert settings["name"] == "x"
    for command in ("fit", "validate", "test", "tune", "inspect", "shard"):
        assert main([command, "--config=lstmm"]) == 2
        assert "near it is lstm\n" in capsys.readouterr().err


def test_names_within_a_plan_are_found_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--config", "compare/demoo"]) == 2
    assert "near it is compare/demo\n" in capsys.readouterr().err
    plan = {"models": {"A": {"config": "lstn"}, "B": {"config": "elmo"}}}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    assert main(["compare", "--config", "plan.yaml"]) == 2
    assert "lstn: expected a YAML file, found none, nor" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_one_sentence(tmp_path, capsys):
    (tmp_path / "a.yaml").write_bytes(b"name: caf\xe9\n")
    assert main(["configs", f"{tmp_path}/a.yaml"]) == 2
    assert "a.yaml: expected a YAML file, found bytes that are not" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "found"), [("", "none"), ("# nothing\n", "none"), ("- a\n", "a list")]
)
def test_a_file_without_settings_is_named(content, found, tmp_path, capsys):
    (tmp_path / "a.yaml").write_text(content)
    for command in ("fit", "inspect", "compare"):
        assert main([command, f"--config={tmp_path}/a.yaml"]) == 2
        error = capsys.readouterr().err
        assert f"a.yaml: expected settings such as name: value, found {found}\n" in error
