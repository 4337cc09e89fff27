"""A few kills of some commands; ``make kill`` has many more, of all of them."""

import sys

import pytest

from tests.kill.campaign import Campaign
from tests.kill.scenarios import SCENARIOS
from tests.kill.warm import Warm

pytestmark = pytest.mark.integration

KILLS = {"bilm": 2, "shard": 2, "prepare": 3}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    work = tmp_path_factory.mktemp("kill")
    with Warm() as warm:
        yield Campaign(warm, work, work / "findings")


@pytest.mark.skipif(sys.platform != "linux", reason="processes differ")
@pytest.mark.parametrize("name", KILLS)
def test_killed_commands_go_on_as_if_nothing_had_happened(name, campaign):
    report = campaign.run(name, SCENARIOS[name], KILLS[name], seed=0)
    assert [(finding.trial, finding.wrong) for finding in report.findings] == []
    assert report.kills > 0  # a moment may come after the end
