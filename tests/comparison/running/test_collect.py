"""What runs have left behind is read back, or missed by name."""

import json
import math

import pytest
from torch.utils.tensorboard import SummaryWriter

from captioner.comparison.running.collect import collect_runs, pretraining_times
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError

CAPTIONS = json.dumps([{"image_id": 7, "caption": "A dog."}])


@pytest.fixture
def progress(tmp_path):
    """Tasks of a captioner that needs a pre-training; what they write lies in ``runs``."""
    runs, config = tmp_path / "runs" / "ELMo", tmp_path / "elmo.yaml"
    config.write_text("name: elmo\n")
    before = Task("ELMo", 0, "fit", str(config), {}, runs / "pretraining")
    fit = Task("ELMo", 0, "fit", str(config), {}, runs / "seed_0", before)
    test = Task("ELMo", 0, "test", str(config), {}, runs / "seed_0", fit, (("ckpt_path", fit),))
    found = Progress([before, fit, test])
    found.states = ["done"] * 3
    (runs / "seed_0" / "version_0").mkdir(parents=True)
    return found


def test_a_finished_test_is_read_back(progress):
    run = progress.tasks[2].run
    (run / "test_captions.json").write_text(CAPTIONS)
    with SummaryWriter(run) as writer:
        writer.add_scalar("test/perplexity", 4.0, 9)
    (found,) = collect_runs(progress)
    assert (found.model, found.seed, found.captions) == ("ELMo", 0, {7: "A dog."})
    assert (found.perplexity, found.training) == (4.0, None)


@pytest.mark.parametrize("content", [None, "[{", '[{"image_id": 7}]', "7"])
def test_captions_that_are_gone_are_missed_by_name(progress, content):
    file = progress.tasks[2].run / "test_captions.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CaptionerError, match=r"test_captions\.json: expected the captions of .*"):
        collect_runs(progress)


def test_a_test_without_a_perplexity_has_none(progress):
    (progress.tasks[2].run / "test_captions.json").write_text(CAPTIONS)
    assert math.isnan(collect_runs(progress)[0].perplexity)


def test_what_pre_training_took_is_told_where_it_was_recorded(progress):
    assert math.isnan(pretraining_times(progress)["ELMo"])
    with SummaryWriter(progress.tasks[0].run) as writer:
        writer.add_scalar("cost/seconds", 60.0, 9)
        writer.add_scalar("cost/seconds", 252.0, 19)
    assert pretraining_times(progress) == {"ELMo": 252.0}
