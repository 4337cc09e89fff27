"""The precision of a run: set, kept, or what is fast on this machine; said and recorded."""

import pytest
import torch
import yaml
from jsonargparse import Namespace

from captioner.__main__ import main
from captioner.commands.lightning_cli import precision
from captioner.commands.lightning_cli.precision import choose_precision

pytestmark = pytest.mark.integration


@pytest.fixture
def machine(monkeypatch):
    """Return a function that pretends to be on a machine that computes fast in bfloat16, or not."""

    def machine(*, fast):
        monkeypatch.setattr(precision, "has_fast_bfloat16", lambda device: fast)

    return machine


def trainer(accelerator="cpu", precision=None, plugins=None):
    return Namespace(accelerator=accelerator, precision=precision, plugins=plugins)


@pytest.mark.parametrize("recorded", [None, "32-true", "bf16-mixed"])
@pytest.mark.parametrize("given", [None, "32-true", "bf16-mixed", "64-true"])
@pytest.mark.parametrize("fast", [True, False])
def test_what_is_set_wins_then_what_was_then_what_is_fast(machine, fast, given, recorded):
    machine(fast=fast)
    chosen = choose_precision(trainer(precision=given), recorded)
    assert chosen.name == (given or recorded or ("bf16-mixed" if fast else "32-true"))
    assert bool(chosen.remark) == (given is None)
    assert bool(chosen.warning) == (chosen.name == "bf16-mixed" and not fast)


@pytest.mark.parametrize("recorded", [None, "32-true", "bf16-mixed", "64-true"])
def test_an_evaluation_does_not_depend_on_the_machine(machine, recorded):
    for fast in (True, False):
        machine(fast=fast)
        chosen = choose_precision(trainer(), recorded, evaluates=True)
        assert chosen.name == (recorded or "32-true")
        assert chosen.remark.startswith(chosen.name)
        assert choose_precision(trainer(precision="16-true"), recorded, evaluates=True).name == (
            "16-true"
        )


@pytest.mark.parametrize("name", ["bf16-mixed", "bf16-true", "bf16", "16-mixed", "16", 16])
def test_bfloat16_that_is_emulated_is_warned_of(machine, name):
    machine(fast=False)
    chosen = choose_precision(trainer(precision=name))
    assert chosen.name == name
    assert chosen.warning == (
        f"bfloat16 ({name}) is emulated on this CPU, many times slower than 32-true"
    )
    machine(fast=True)
    assert not choose_precision(trainer(precision=name)).warning


def test_float16_of_a_gpu_is_none_of_it(machine):
    machine(fast=False)
    assert not choose_precision(trainer("cuda", "16-mixed")).warning
    assert "this GPU" in choose_precision(trainer("cuda", "bf16-mixed")).warning


@pytest.mark.parametrize(
    ("accelerator", "gpus", "expected"),
    [("auto", True, "cuda"), ("gpu", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"),
     ("cuda", True, "cuda"), ("mps", True, "mps")],
)  # fmt: skip
def test_looks_at_the_device_of_the_trainer(monkeypatch, accelerator, gpus, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(gpus))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    seen = []
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda device: seen.append(device.type))
    choose_precision(trainer(accelerator))
    assert seen == [expected]


def test_a_plugin_decides(machine):
    machine(fast=True)
    plugin = Namespace(class_path="lightning.pytorch.plugins.DoublePrecision")
    for plugins in (plugin, [plugin]):
        assert choose_precision(trainer(plugins=plugins)).name is None
    other = [Namespace(class_path="lightning.pytorch.plugins.TorchCheckpointIO")]
    assert choose_precision(trainer(plugins=other)).name == "bf16-mixed"


def unset(arguments):
    """Return arguments without a precision."""
    return [word for word in arguments if not word.startswith("--trainer.precision")]


@pytest.mark.parametrize(("fast", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_run_says_records_and_keeps_its_precision(
    machine, fast, expected, small_run, tmp_path, capsys
):
    """A machine of the other kind goes on as it began, and evaluates in what was trained in."""
    machine(fast=fast)
    command = (*small_run("fit", tmp_path, "--name=run"), "--trainer.max_epochs=1")
    assert main(unset(command)) == 0
    assert f"Precision: {expected}; this CPU has " in capsys.readouterr().out
    run = tmp_path / "run" / "version_0"
    assert yaml.safe_load((run / "config.yaml").read_text())["trainer"]["precision"] == expected
    last = run / "checkpoints" / "last.ckpt"
    assert main(["info", str(last)]) == 0
    assert f"precision                {expected}\n" in capsys.readouterr().out

    machine(fast=not fast)
    other = "32-true" if fast else "bf16-mixed"
    resumed = [*small_run("fit", tmp_path, "--name=run"), f"--ckpt_path={last}"]
    assert main(unset(resumed)) == 0
    said = capsys.readouterr()
    assert f"Precision: {expected}, as the run that goes on\n" in said.out
    assert ("captioner: trainer.precision: bfloat16" in said.err) == fast
    assert torch.load(last, weights_only=True)["captioner"]["about"]["precision"] == expected

    for evaluate in ("validate", "test"):
        assert main(unset([*small_run(evaluate, tmp_path), f"--ckpt_path={last}"])) == 0
        assert f"Precision: {expected}, as the checkpoint was trained\n" in capsys.readouterr().out
    assert main([*resumed, "--trainer.max_epochs=3", f"--trainer.precision={other}"]) == 0
    assert "Precision: " not in capsys.readouterr().out
    assert torch.load(last, weights_only=True)["captioner"]["about"]["precision"] == other
