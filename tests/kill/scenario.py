"""What is killed: the commands that a user gives, and what there is to be in the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Outcome = dict[str, str]
"""Name of a result -> what stands for all its bits; names of files and folders are results too."""

MAIN = "captioner.__main__:main"


@dataclass(frozen=True)
class Scenario:
    """Say what is run, how it is gone on with, and what comes of it.

    Attributes:
        commands: The arguments of each command, asked for just before it runs, and again after it
            was killed: what a user would type there and then. They are given the folder of shared
            data and the one that they run in.
        outcome: Returns what is to be the same, whatever has happened on the way.
        function: What takes the arguments, as ``module:name``.
        captioner: ``tiny.ckpt`` is to be among the shared data.
        server: ``address.txt`` is to be there too, of a server of archives.
        children: Processes that a command starts are killed too.
        cost: How many times as long as the others it takes; it is killed as many times less.
    """

    commands: tuple[Callable[[Path, Path], list[str]], ...]
    outcome: Callable[[Path], Outcome]
    function: str = MAIN
    captioner: bool = False
    server: bool = False
    children: bool = False
    cost: int = 1
