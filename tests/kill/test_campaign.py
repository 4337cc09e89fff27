"""What a kill may do is noticed, kept, and can be done again."""

import json
import re
import sys
from functools import partial
from typing import Any

import pytest
import torch

from tests.kill.__main__ import main
from tests.kill.campaign import Campaign, differences, forgiven
from tests.kill.outcome import checkpoint, contents, names
from tests.kill.scenario import Scenario
from tests.kill.warm import Warm

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="processes differ"),
]


@pytest.fixture(scope="module")
def warm():
    with Warm(modules=(), patience=0.1) as warm:
        yield warm


@pytest.fixture
def campaign(warm, tmp_path):
    (tmp_path / "work").mkdir()
    return Campaign(warm, tmp_path / "work", tmp_path / "out")


def scenario(name):
    return Scenario(
        (lambda shared, folder: [],),
        lambda folder: names(folder) | contents(folder, "*"),
        function=f"tests.kill.harmful:{name}",
    )


def test_a_command_that_goes_on_is_no_finding(campaign, tmp_path):
    report = campaign.run("careful", scenario("careful"), kills=8, seed=1)
    assert report.findings == []
    assert report.kills > 0
    assert report.kills >= 8 or report.trials == 24  # a moment may come after the end
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("forgetful", "lines.txt: expected '"),
        ("untidy", ".part: expected 'nothing', found ''"),
        ("hasty", "after a kill: "),
        ("childless", "still running: sleep 60"),
        ("moody", "uninterrupted: lines.txt: expected '"),
        ("failing", "begun already"),
    ],
)
def test_harm_is_a_finding(campaign, name, wrong):
    report = campaign.sweep(name, scenario(name))
    assert any(wrong in line for finding in report.findings for line in finding.wrong)


def test_a_finding_is_kept_and_can_be_done_again(campaign, tmp_path):
    report = campaign.sweep("forgetful", scenario("forgetful"))
    place = tmp_path / "out" / "forgetful-0-1"  # killed after the first line
    kept = json.loads((place / "finding.json").read_text())
    assert (kept["seed"], kept["wrong"]) == (0, report.findings[0].wrong)
    assert (place / "folder" / "lines.txt").is_file()
    again = campaign.replay(scenario("forgetful"), report.findings[0].plan)
    assert again == report.findings[0].wrong


def test_a_sweep_kills_before_each_change(campaign):
    report = campaign.sweep("careful", scenario("careful"))
    assert (report.kills, report.trials, report.findings) == (21, 21, [])
    assert campaign.sweep("hasty", scenario("hasty")).findings


@pytest.mark.parametrize(("killed", "lines"), [(1, 4), (2, 1)])
def test_a_kill_may_cost_a_point_of_the_curves_and_nothing_else(killed, lines):
    names = ("train/loss at 3", "epoch at 3", "train/loss at 5", "val/loss at 5")
    expected = dict.fromkeys(names, "1.0")
    assert len(differences(forgiven(expected, {}, killed), {})) == lines
    changed = {**expected, "train/loss at 3": "2.0"}
    assert len(differences(forgiven(expected, changed, killed), changed)) == 1


def test_one_bit_of_one_weight_is_a_difference(tmp_path):
    state: dict[str, Any] = {"state_dict": {"a": torch.ones(3), "b": torch.zeros(2)}, "epoch": 1}
    torch.save(state, tmp_path / "last.ckpt")
    before = checkpoint(tmp_path / "last.ckpt")
    assert differences(before, checkpoint(tmp_path / "last.ckpt")) == []
    state["state_dict"]["a"].view(torch.int32)[1] ^= 1
    torch.save(state, tmp_path / "last.ckpt")
    (line,) = differences(before, checkpoint(tmp_path / "last.ckpt"))
    assert line.startswith("last.ckpt: state_dict.a: expected 'torch.float32 [3] ")


def test_times_and_numbers_of_runs_are_no_difference(tmp_path):
    def saved(seconds, version):
        path = f"runs/version_{version}/checkpoints/best.ckpt"
        callbacks = {"TrainingCost": {"seconds": seconds}, "Best": {"path": path}}
        torch.save({"callbacks": callbacks}, tmp_path / "last.ckpt")
        return checkpoint(tmp_path / "last.ckpt")

    assert differences(saved(1.5, 0), saved(2.5, 1)) == []


def test_the_command_says_its_seed_and_how_it_ended(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("tests.kill.__main__.Warm", partial(Warm, modules=(), patience=0.3))
    harmless, harmful = (scenario(name) for name in ("careful", "untidy"))
    monkeypatch.setattr("tests.kill.__main__.SCENARIOS", {"good": harmless, "bad": harmful})
    words = ["--kills", "4", "--seed", "8", "--out", str(tmp_path / "out")]
    assert main([*words, "--scenarios", "good"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "seed 8, KILL at least 4 times for each scenario"
    assert re.fullmatch(r"\d+ kills in \d+ trials, 0 of which went wrong; 0 minutes", printed[-1])
    assert main([*words, "--sweep", "--scenarios", "bad"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "10 of which went wrong" in printed[-1]  # between writing and renaming, each time
    kept = next((tmp_path / "out").glob("*/finding.json"))
    assert main(["--replay", str(kept)]) == 1
