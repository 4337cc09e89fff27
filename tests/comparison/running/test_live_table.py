"""What one sees on a terminal while captioners are trained, and what a log file gets."""

import io

import pytest
from rich.console import Console
from torch.utils.tensorboard import SummaryWriter

from captioner.comparison.running.live_table import LiveTable
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.task import Task


@pytest.fixture
def progress(tmp_path):
    config = tmp_path / "lstm.yaml"
    config.write_text("name: lstm\n")
    folder = tmp_path / "LSTM" / "seed_0"
    fit = Task("LSTM", 0, "fit", str(config), {}, folder)
    return Progress(
        [fit, Task("LSTM", 0, "test", str(config), {}, folder, fit, (("ckpt_path", fit),))]
    )


@pytest.fixture
def screen(progress, monkeypatch):
    """Return a function that shows the table on a terminal, and what is there then."""
    monkeypatch.setattr("captioner.comparison.running.live_table._SECONDS", -1.0)
    shown = io.StringIO()

    def terminal() -> Console:
        return Console(file=shown, force_terminal=True, width=100, color_system=None)

    monkeypatch.setattr("captioner.comparison.running.live_table.Console", terminal)
    table = LiveTable(progress, 6)

    def show() -> str:
        with table:
            table.show()
        return shown.getvalue()

    return show


def test_a_run_that_has_no_folder_yet_is_shown_as_running(progress, screen):
    """The first seconds of every training."""
    progress.states[0] = "running"
    shown = screen()
    assert "LSTM, training of seed 0 │ running" in shown
    assert "LSTM, test of seed 0     │ waiting" in shown


def test_a_run_shows_how_far_it_is_and_its_best_score(progress, screen):
    progress.states[0] = "running"
    progress.tasks[0].run.mkdir(parents=True)
    screen()  # a folder without anything in it
    with SummaryWriter(progress.tasks[0].run) as writer:
        for step, cider in ((9, 0.5), (19, 0.4)):
            writer.add_scalar("epoch", step // 10, step)
            writer.add_scalar("val/CIDEr", cider, step)
    assert "│ running │ 2 of 6 │     0.400 │ 0.500 │" in screen()


def test_what_failed_says_why(progress, screen):
    progress.states, progress.reasons = ["failed", "skipped"], {0: "no space left"}
    assert "│ no space left" in screen()


def test_a_log_file_gets_a_line_for_each_change(progress, capsys):
    table = LiveTable(progress, 6)
    with table:
        table.show()
        progress.states[0] = "running"
        table.show()
        table.show()
        progress.states, progress.reasons = ["failed", "skipped"], {0: "no space left"}
        table.show()
    lines = [line.split("min  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "LSTM, training of seed 0: running",
        "LSTM, training of seed 0: failed: no space left",
        "LSTM, test of seed 0: skipped",
    ]
