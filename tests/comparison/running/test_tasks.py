"""From a plan to commands, and how they are gone on with."""

import json

import pytest
from torch.utils.tensorboard import SummaryWriter

from captioner.comparison.planning.checkpoints import plan_tests
from captioner.comparison.planning.plan import PlannedModel, Pretraining
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.tasks import begun_with, check_seeds, plan_tasks
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings


@pytest.fixture
def plan(tmp_path):
    """Return a function that plans two captioners, one of which needs a language model."""
    for name in ("lstm", "elmo", "bilm"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\n")

    def make(search=None, *, equal_time=False, shares=(), **settings):
        bilm = Pretraining(f"{tmp_path}/bilm.yaml", "model.bilm", {"trainer.max_epochs": 9})
        models = {
            "LSTM": PlannedModel(f"{tmp_path}/lstm.yaml", {"model.width": 8}),
            "ELMo": PlannedModel(f"{tmp_path}/elmo.yaml", pretraining=bilm, shares=list(shares)),
        }
        common = {"trainer.max_epochs": 3, **settings}
        return plan_tasks(
            models,
            common,
            [4, 7],
            search or SearchSettings(beams=3),
            tmp_path / "out",
            equal_time=equal_time,
        )

    return make


def test_an_early_end_leaves_all_captioners_with_one_seed(plan):
    assert [task.label for task in plan()] == [
        "ELMo, pre-training of seed 4",
        "LSTM, training of seed 4",
        "LSTM, test of seed 4",
        "ELMo, training of seed 4",
        "ELMo, test of seed 4",
        "ELMo, pre-training of seed 7",
        "LSTM, training of seed 7",
        "LSTM, test of seed 7",
        "ELMo, training of seed 7",
        "ELMo, test of seed 7",
    ]


def leave_record(task, *, steps, seconds, checks, accumulated=1):
    """Write what a training leaves that took so many steps and so much time."""
    task.run.mkdir(parents=True)
    content = f"trainer: {{accumulate_grad_batches: {accumulated}}}\n"
    (task.run / "config.yaml").write_text(content)
    with SummaryWriter(task.run) as writer:
        for check in range(1, checks + 1):
            step = check * steps // checks - 1
            writer.add_scalar("val/CIDEr", 0.5, step)
            writer.add_scalar("cost/seconds", seconds * check / checks, step)


def lengths(task):
    """Return steps, batches between validations and what forbids others, as a command has them."""
    settings = dict(word[2:].split("=") for word in task.arguments()[1:])
    assert settings["trainer.max_epochs"] == "-1"
    assert settings["trainer.check_val_every_n_epoch"] == "null"
    return int(settings["trainer.max_steps"]), int(settings["trainer.val_check_interval"])


def test_equal_time_is_that_of_the_quickest_in_steps_of_each(plan):
    tasks = plan(equal_time=True)
    fits = {task.label: task for task in tasks if task.command == "fit"}
    lstm, elmo = (fits[f"{name}, training of seed 4"] for name in ("LSTM", "ELMo"))
    timed = [fits[f"{name}, training of seed 7 (equal time)"] for name in ("LSTM", "ELMo")]
    assert [task.folder.name for task in timed] == ["seed_7_equal_time"] * 2
    assert all(task in timed[0].needs for task in (lstm, elmo))
    leave_record(lstm, steps=300, seconds=60, checks=3)
    leave_record(elmo, steps=300, seconds=150, checks=3, accumulated=2)
    assert [lengths(task) for task in timed] == [(300, 100), (120, 80)]
    assert [task.settings["trainer.max_epochs"] for task in timed] == [3, 3]
    test = next(task for task in tasks if task.after is timed[1])
    assert (test.command, test.arm) == ("test", "equal time")
    assert "--data.seed=4" not in test.arguments()


def test_a_share_of_the_steps_is_validated_as_often_and_at_its_end(plan):
    tasks = plan(shares=[0.3])
    fits = {task.label: task for task in tasks if task.command == "fit"}
    full = fits["ELMo, training of seed 7"]
    short = fits["ELMo, training of seed 7 (30 % of the steps)"]
    assert "LSTM, training of seed 7 (30 % of the steps)" not in fits
    leave_record(full, steps=564, seconds=90, checks=6)
    assert lengths(short) == (168, 28)
    assert f"--model.bilm={fits['ELMo, pre-training of seed 7'].best}" in short.arguments()


def test_what_left_no_record_has_no_share(plan):
    short = plan(shares=[0.3])[-2]
    with pytest.raises(CaptionerError, match=r"version_0: expected a training with a record of"):
        short.start()


def test_own_settings_come_on_top_of_common_ones(plan, tmp_path):
    bilm, lstm, test, elmo = plan()[:4]
    runs = f"{tmp_path}/out/runs"
    assert "--trainer.max_epochs=9" in bilm.arguments()
    assert "--trainer.max_epochs=3" not in bilm.arguments()
    expected = ["fit", f"--config={tmp_path}/lstm.yaml", "--data.seed=4"]
    expected += ["--trainer.max_epochs=3"]
    expected += ["--model.width=8", "--trainer.enable_progress_bar=false"]
    expected += ["--seed_everything=4", "--name=seed_4", f"--runs_dir={runs}/LSTM"]
    assert lstm.arguments() == expected
    best = "version_0/checkpoints/best.ckpt"
    assert {"--search.beams=3", f"--ckpt_path={runs}/LSTM/seed_4/{best}"} <= {*test.arguments()}
    assert f"--model.bilm={runs}/ELMo/pretraining_4/{best}" in elmo.arguments()


def test_a_training_that_was_cut_short_goes_on_where_it_was(plan):
    lstm = plan()[1]
    last = lstm.folder / "version_0" / "checkpoints" / "last.ckpt"
    last.parent.mkdir(parents=True)
    (lstm.folder / "version_1").mkdir()  # a run that was killed before it wrote any
    assert not [word for word in lstm.arguments() if word.startswith("--ckpt_path")]
    (lstm.folder / "version_1").rmdir()
    last.touch()
    assert f"--ckpt_path={last}" in lstm.arguments()


def test_what_is_finished_is_done_for_the_next_comparison(plan):
    first = plan()[0]
    first.start()
    assert not first.done
    first.finish()
    assert Progress(plan()).states == ["done", *["waiting"] * 9]


def test_a_mark_of_other_settings_is_none(plan):
    """Else a report would state the new settings beside the scores of the old ones."""
    fit = plan()[1]
    fit.start()
    fit.finish()
    assert plan()[1].done
    other = plan(**{"data.limit": 5})[1]
    assert not other.done
    with pytest.raises(CaptionerError, match=r"data\.limit None, now 5"):
        other.check()


def test_tells_what_a_comparison_was_begun_with(plan, tmp_path):
    out = tmp_path / "out"
    assert begun_with("data.limit", out) is None
    bilm, lstm = plan(**{"data.limit": 5})[:2]
    bilm.start()
    assert begun_with("data.limit", out) is None
    (bilm.folder / "fit.json").write_text("[")
    lstm.start()
    assert begun_with("data.limit", out) == 5


def test_comments_in_a_yaml_file_make_no_other_task(plan, tmp_path):
    plan()[1].start()
    plan()[1].finish()
    (tmp_path / "lstm.yaml").write_text("# CIDEr 1.2\nname: lstm\n")
    assert plan()[1].done
    plan()[1].check()


def test_a_test_is_of_one_checkpoint_and_one_search(plan):
    fit, test = plan()[1:3]
    fit.best.parent.mkdir(parents=True)
    fit.best.write_bytes(b"weights")
    test.start()
    test.finish()
    assert plan()[2].done
    assert not plan(SearchSettings(beams=1))[2].done
    plan(SearchSettings(beams=1))[2].check()  # nothing is lost by testing again
    fit.best.write_bytes(b"others!")
    assert not plan()[2].done


def test_a_checkpoint_in_the_place_of_another_one_is_tested_anew(tmp_path):
    """Both are called "run"; else the report would name the second and score the first."""
    (tmp_path / "lstm.yaml").write_text("name: lstm\n")
    model, search = PlannedModel(f"{tmp_path}/lstm.yaml"), SearchSettings()
    tasks = []
    for folder in "ab":
        path = tmp_path / folder / "run" / "version_0" / "checkpoints" / "best.ckpt"
        path.parent.mkdir(parents=True)
        path.write_bytes(folder.encode())
        tasks += plan_tests([path], model, {}, search, tmp_path / "out")
    first, second = tasks
    assert first.folder == second.folder
    first.start()
    first.finish()
    assert (first.done, second.done) == (True, False)


def test_a_test_that_was_begun_anew_is_not_done_before_it_ends(plan):
    test = plan()[2]
    test.start()
    test.finish()
    plan(SearchSettings(beams=1))[2].start()  # and is killed
    assert not plan()[2].done


def test_a_test_is_told_all_of_the_search(plan):
    """One beam, the default elsewhere, is not that of ``test``."""
    assert "--search.beams=1" in plan(SearchSettings())[2].arguments()


def test_other_settings_are_not_mixed_with_what_is_there(plan, tmp_path):
    plan()[1].start()
    plan()[1].start()  # the same again
    with pytest.raises(CaptionerError, match=r"seed_4: .*\(data\.limit None, now 5\)"):
        plan(**{"data.limit": 5})[1].start()
    (tmp_path / "lstm.yaml").write_text("name: other\n")
    with pytest.raises(CaptionerError, match="the YAML file has changed"):
        plan()[1].start()


def test_a_broken_mark_is_no_mark_of_these_settings(plan):
    task = plan()[1]
    task.start()
    (task.folder / "fit.json").write_text("{")
    with pytest.raises(CaptionerError, match="unreadable"):
        task.start()
    assert json.loads((task.folder / "fit.json").read_text() + "}") == {}


def test_what_needs_a_task_that_failed_is_skipped_and_nothing_else(plan):
    progress = Progress(plan())
    assert progress.next() == 0
    progress.states[0] = "failed"
    assert progress.next() == 1
    progress.states[1:3] = ["done", "done"]
    assert progress.next() == 5
    assert progress.states == ["failed", "done", "done", "skipped", "skipped", *["waiting"] * 5]


@pytest.mark.parametrize(
    ("seeds", "sentence"),
    [
        ([], "at least one, found none"),
        (None, "at least one, found none"),
        ([0, 0, 0], "every seed once, found 0 again"),
        ([3, 1, 2, 1], "every seed once, found 1 again"),
        ([0, 2**32], "0 to 4294967295, found 4294967296"),
    ],
)
def test_a_seed_that_is_given_twice_is_no_second_training(seeds, sentence):
    with pytest.raises(CaptionerError, match=f"^seeds: expected {sentence}$"):
        check_seeds(seeds)
