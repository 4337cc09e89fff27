"""When commands are killed: drawn from how they go when they are not."""

from collections.abc import Iterator, Sequence
from random import Random

from tests.kill.warm import Ended, Moment

Plan = list[list[Moment]]
"""For each command of a scenario the moments at which it is killed, run after run."""

_MOST = 3  # kills of the first command, which takes longest
_AT_ONCE = 0.05  # seconds within which a file that is begun is written, as a rule


def draw(random: Random, usual: Sequence[Ended], children: bool) -> Plan:
    """Return when to kill each command.

    Half of the moments are those before a change to the files, or soon after it: that is where
    something can be half done, and the time between two of them may be very short. The others are
    spread over the time that a command takes, from the first such change on.

    Args:
        random: The source of all choices.
        usual: How each command ends that is not killed.
        children: Kill processes that a command has started, too.
    """
    counts = [random.randint(1, _MOST), *(random.randint(0, 1) for _ in usual[1:])]
    return [
        [_draw(random, ended, children) for _ in range(count)]
        for ended, count in zip(usual, counts, strict=True)
    ]


def before_each_change(usual: Sequence[Ended]) -> Iterator[Plan]:
    """Yield for each change to the files that a command makes a plan to kill it just before."""
    for number, ended in enumerate(usual):
        for change in range(1, ended.changes + 1):
            yield [[Moment(change)] if place == number else [] for place in range(len(usual))]


def _draw(random: Random, ended: Ended, children: bool) -> Moment:
    child = children and random.random() < 0.4
    if ended.changes == 0:
        return Moment(0, random.uniform(0, ended.seconds), child)
    if random.random() < 0.5:
        soon = random.choice([0.0, random.uniform(0, _AT_ONCE)])
        return Moment(random.randint(1, ended.changes), soon, child)
    return Moment(1, random.uniform(0, ended.seconds - ended.first), child)
