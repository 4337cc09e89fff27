"""Jobs that a limit ends within an epoch, one after the other, make one run."""

import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main

pytestmark = pytest.mark.integration


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the curves of a run but for those of its cost."""
    events = EventAccumulator(str(run))
    events.Reload()
    tags = [tag for tag in events.Tags()["scalars"] if not tag.startswith("cost/")]
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in tags}


def test_a_chain_of_jobs_is_one_run(small_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    settings: tuple[str, ...] = (
        "--name=run",
        "--trainer.log_every_n_steps=1",
        "--trainer.max_epochs=2",
    )
    settings += ("--model.learning_rate=0.02", "--trainer.val_check_interval=2")
    settings += ("--trainer.callbacks=EMA", "--trainer.callbacks.decay=0.8")
    assert main(small_run("fit", Path("whole"), *settings)) == 0
    assert "Stopped" not in capsys.readouterr().out

    run = Path("parts/run/version_0")
    last = run / "checkpoints" / "last.ckpt"
    jobs = ["--trainer.max_steps=3"], ["--trainer.max_steps=6", f"--ckpt_path={last}"]
    for job in jobs:
        assert main(small_run("fit", Path("parts"), *settings, *job)) == 0
        assert f"the run goes on with --ckpt_path {last}" in capsys.readouterr().out
        time.sleep(1.1)  # TensorBoard reads its files in the order of the seconds in their names
    assert main(small_run("fit", Path("parts"), *settings, f"--ckpt_path={last}")) == 0
    assert "Stopped" not in capsys.readouterr().out

    assert curves(run) == curves(Path("whole/run/version_0"))
    for name in ("last.ckpt", "best.ckpt"):
        found, expected = (
            torch.load(folder / "run/version_0/checkpoints" / name, weights_only=True)
            for folder in (Path("parts"), Path("whole"))
        )
        assert found["global_step"] == expected["global_step"], name
        for part in ("state_dict", "current_model_state"):
            for key, weight in expected[part].items():
                assert torch.equal(found[part][key], weight), (name, part, key)


def test_a_run_that_is_measured_in_steps_goes_on_too(small_run, tmp_path, capsys):
    arguments = small_run("fit", tmp_path, "--name=run", "--trainer.max_epochs=-1")
    assert main([*arguments, "--trainer.max_steps=4"]) == 0  # where an epoch ends
    last = tmp_path / "run" / "version_0" / "checkpoints" / "last.ckpt"
    assert main([*arguments, "--trainer.max_steps=9", f"--ckpt_path={last}"]) == 0
    found = torch.load(last, weights_only=True)
    assert found["global_step"] == 9
    done = found["loops"]["fit_loop"]["epoch_progress"]["current"]
    assert (done["processed"], found["captioner"]["about"]["epochs"]) == (2, 2)
    assert main([*arguments, "--trainer.max_steps=9", f"--ckpt_path={last}"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "No step was trained: trainer.max_steps 9 is reached; a larger one trains on"
