"""No report on trainings is lost to one on checkpoints that are given, nor the reverse."""

from pathlib import Path

import pytest

from captioner.comparison.planning.checkpoints import plan_tests
from captioner.comparison.planning.output_folder import check_place
from captioner.comparison.planning.plan import PlannedModel, Pretraining
from captioner.comparison.running.tasks import plan_tasks
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings


@pytest.fixture
def model(tmp_path):
    """A captioner of which nothing but its config is there."""
    (tmp_path / "a.yaml").write_text("name: a")
    return PlannedModel(f"{tmp_path}/a.yaml")


def test_trainings_go_on_where_they_were_begun_and_leave_no_room_for_others(model, tmp_path):
    check_place(tmp_path, trains=True)
    plan_tasks({"A": model}, {}, [0], SearchSettings(), tmp_path)[0].start()
    check_place(tmp_path, trains=True)
    with pytest.raises(CaptionerError, match=r"^out: .* given, found .*; name another --out$"):
        check_place(tmp_path, trains=False)


def test_what_is_trained_beforehand_is_a_training(model, tmp_path):
    model = PlannedModel(model.config, pretraining=Pretraining(model.config, "model.bilm"))
    plan_tasks({"A": model}, {}, [0], SearchSettings(), tmp_path)[0].start()
    with pytest.raises(CaptionerError, match=r"where captioners were trained"):
        check_place(tmp_path, trains=False)


def test_given_checkpoints_are_compared_again_and_nothing_is_trained_there(model, tmp_path):
    check_place(tmp_path, trains=False)
    plan_tests([Path("best.ckpt")], model, {}, SearchSettings(), tmp_path)[0].start()
    check_place(tmp_path, trains=False)
    with pytest.raises(CaptionerError, match=r"^out: .* trained, found .*; name another --out$"):
        check_place(tmp_path, trains=True)
