"""Commands that are killed at any moment and gone on with: nothing is lost, nothing is left behind.

``make kill`` runs ``fit``, ``test``, ``predict``, ``shard``, ``prepare`` and ``compare``, kills
them at random moments, gives the command again that a user would give, and compares what is there
in the end with what there is without a kill: weights, optimizer states, curves, captions and files,
to the last bit, and nothing else. What differs is a finding; its folder is kept in ``runs/kill``,
and the exit code is 1. The seed is printed; the same one gives the same moments, as far as clocks
do. Linux only.

    python -m tests.kill --scenarios lstm shard --kills 5 --seed 7
    python -m tests.kill --replay runs/kill/shard-7-3/finding.json
"""

import argparse
import json
import math
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.kill.campaign import Campaign
from tests.kill.scenarios import SCENARIOS
from tests.kill.warm import SIGNALS, Moment, Warm


def main(argv: list[str]) -> int:
    """Kill commands; return 1 if there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), metavar="S")
    add("--kills", type=int, default=10, help="of each scenario, at least; fewer of slow ones")
    add("--sweep", action="store_true", help="kill once before each change to the files instead")
    add("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    add("--signal", choices=SIGNALS, default="KILL", help="what ends a command")
    add("--out", type=Path, default=Path("runs/kill"), help="folder of findings")
    add("--replay", type=Path, help="kill once more at the moments of a finding")
    chosen = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="kill-") as work,
        Warm(SIGNALS[chosen.signal]) as warm,
    ):
        campaign = Campaign(warm, Path(work).resolve(), chosen.out)
        if chosen.replay is not None:
            return _replay(campaign, json.loads(chosen.replay.read_text()))
        return _kill(campaign, chosen)


def _replay(campaign: Campaign, finding: dict) -> int:
    plan = [[Moment(**moment) for moment in moments] for moments in finding["plan"]]
    wrong = campaign.replay(SCENARIOS[finding["scenario"]], plan)
    print("\n".join(wrong) or "nothing is wrong")
    return int(bool(wrong))


def _kill(campaign: Campaign, chosen: argparse.Namespace) -> int:
    times = "before each change" if chosen.sweep else f"at least {chosen.kills} times"
    print(f"seed {chosen.seed}, {chosen.signal} {times} for each scenario")
    print(f"{'scenario':<18} {'kills':>5} {'trials':>6} {'wrong':>5} {'seconds':>7}", flush=True)
    began, killed, trials, wrong = time.monotonic(), 0, 0, 0
    for name in chosen.scenarios:
        scenario = SCENARIOS[name]
        if chosen.sweep:
            report = campaign.sweep(name, scenario)
        else:
            kills = math.ceil(chosen.kills / scenario.cost)
            report = campaign.run(name, scenario, kills, chosen.seed)
        killed, trials = killed + report.kills, trials + report.trials
        wrong += len(report.findings)
        counts = f"{report.kills:>5} {report.trials:>6} {len(report.findings):>5}"
        print(f"{name:<18} {counts} {report.seconds:>7.0f}")
        for finding in report.findings:
            print(f"    {finding.trial}: {finding.wrong[0]}")
        sys.stdout.flush()
    minutes = (time.monotonic() - began) / 60
    print(f"{killed} kills in {trials} trials, {wrong} of which went wrong; {minutes:.0f} minutes")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
