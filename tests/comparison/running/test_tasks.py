"""From a plan to commands, and how they are gone on with."""

import json

import pytest

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

    def make(search=None, **settings):
        bilm = Pretraining(f"{tmp_path}/bilm.yaml", "model.bilm", {"trainer.max_epochs": 9})
        models = {
            "LSTM": PlannedModel(f"{tmp_path}/lstm.yaml", {"model.width": 8}),
            "ELMo": PlannedModel(f"{tmp_path}/elmo.yaml", pretraining=bilm),
        }
        common = {"trainer.max_epochs": 3, **settings}
        return plan_tasks(
            models, common, [4, 7], search or SearchSettings(beams=3), tmp_path / "out"
        )

    return make


def test_an_early_end_leaves_all_captioners_with_one_seed(plan):
    assert [task.label for task in plan()] == [
        "ELMo, pre-training",
        "LSTM, training of seed 4",
        "LSTM, test of seed 4",
        "ELMo, training of seed 4",
        "ELMo, test of seed 4",
        "LSTM, training of seed 7",
        "LSTM, test of seed 7",
        "ELMo, training of seed 7",
        "ELMo, test of seed 7",
    ]


def test_own_settings_come_on_top_of_common_ones(plan, tmp_path):
    bilm, lstm, test, elmo = plan()[:4]
    runs = f"{tmp_path}/out/runs"
    assert "--trainer.max_epochs=9" in bilm.arguments()
    assert "--trainer.max_epochs=3" not in bilm.arguments()
    expected = ["fit", f"--config={tmp_path}/lstm.yaml", "--trainer.max_epochs=3"]
    expected += ["--model.width=8", "--trainer.enable_progress_bar=false"]
    expected += ["--seed_everything=4", "--name=seed_4", f"--runs_dir={runs}/LSTM"]
    assert lstm.arguments() == expected
    best = "version_0/checkpoints/best.ckpt"
    assert {"--search.beams=3", f"--ckpt_path={runs}/LSTM/seed_4/{best}"} <= {*test.arguments()}
    assert f"--model.bilm={runs}/ELMo/pretraining/{best}" in elmo.arguments()


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
    assert Progress(plan()).states == ["done", *["waiting"] * 8]


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
    assert progress.states == ["failed", "done", "done", "skipped", "skipped", *["waiting"] * 4]


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
