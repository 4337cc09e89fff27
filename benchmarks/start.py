"""What it costs to start: seconds of a CPU from a command to its answer.

Each command runs in processes of its own, in turns with its peer.

- Predict: one picture of 640 x 480 pixels is captioned, greedily. The peer is ``import timm``, as
  the encoder is one of timm's models. Weights are random, which costs the same time.
- Wrong argument: a setting that there is not, for every command. The peer is Python alone.

Below the table stand the longest wait for an answer to a wrong argument, and what ``predict``
imports that takes longest, module by module and library by library.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from _table import arguments, compare, report
from PIL import Image

from captioner.__main__ import COMMANDS

PYTHON = (sys.executable, "-c")
CAPTIONER = (sys.executable, "-m", "captioner")
WRONG = "--no-such-setting"
TIME = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)")
"""Microseconds by itself, with what it imports, and its name, as ``-X importtime`` prints them."""


class Commands:
    """Run commands in new processes.

    Args:
        threads: Threads of torch in each.

    Attributes:
        slowest: The longest time on the clock that a command with a wrong argument has taken.
    """

    def __init__(self, threads: int) -> None:
        self.environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self.slowest = 0.0

    def run(self, command: Sequence[str], code: int = 0) -> str:
        """Run a command; return what it says beside its output.

        Raises:
            RuntimeError: If it does not return ``code``.
        """
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode != code:
            raise RuntimeError(f"{' '.join(command)}: expected {code}\n{done.stderr}")
        return done.stderr

    def seconds(self, command: Sequence[str], code: int = 0) -> float:
        """Return the CPU time of a command, its own and the system's for it."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.run(command, code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def refused(self, command: str) -> float:
        """Return the CPU time that a command takes to refuse a wrong argument."""
        start = time.perf_counter()
        cost = self.seconds((*CAPTIONER, command, WRONG), code=2)
        self.slowest = max(self.slowest, time.perf_counter() - start)
        return cost


def fit(folder: Path, encoder: str) -> list[str]:
    """Return the command that trains an LSTM captioner on a few drawn pictures for a moment."""
    sizes = {"train": 16, "val": 4, "test": 4}
    return [
        *CAPTIONER,
        *("fit", "--config", "lstm", "--trainer.max_epochs=1", "--trainer.accelerator=cpu"),
        *(f"--model.encoder={encoder}", "--model.encoder_weights=random"),
        *(f"--data.{part}_size={size}" for part, size in sizes.items()),
        *(f"--data.folder={folder}/scenes", f"--data.cache_dir={folder}", f"--runs_dir={folder}"),
        "--name=start",
    ]


def imports(said: str) -> dict[str, tuple[int, int]]:
    """Return module -> microseconds that it took by itself, and with what it imports."""
    found = map(TIME.match, said.splitlines())
    return {line[3]: (int(line[1]), int(line[2])) for line in found if line is not None}


def slowest_imports(times: dict[str, tuple[int, int]], count: int) -> Iterator[str]:
    """Yield lines: the modules and the libraries that take longest to import by themselves."""
    modules = Counter({name: own for name, (own, _) in times.items()})
    libraries: Counter[str] = Counter()
    for name, own in modules.items():
        libraries[name.partition(".")[0]] += own
    for kind, counter in (("library", libraries), ("module", modules)):
        yield f"\n{kind:44}  {'ms':>6}   of {sum(counter.values()) / 1000:.0f}"
        for name, own in counter.most_common(count):
            yield f"{name:44}  {own / 1000:6.0f}"


def main() -> None:
    """Run every command, print the table and the imports."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--ckpt_path", help="captioner to start; if none, one is trained shortly")
    parser.add_argument("--encoder", default="tf_efficientnet_lite0", help="of that one")
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS), help="refuse arguments")
    parser.add_argument("--imports", type=int, default=10, help="slow imports to print of a kind")
    parser.set_defaults(threads=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    commands = Commands(options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = options.ckpt_path
        if checkpoint is None:
            commands.run(fit(folder, options.encoder))
            checkpoint = folder / "start" / "version_0" / "checkpoints" / "last.ckpt"
        picture = folder / "picture.jpg"
        Image.effect_mandelbrot((640, 480), (-2, -1.2, 1, 1.2), 100).convert("RGB").save(picture)
        predict = ("predict", "--beams=1", f"--ckpt_path={checkpoint}", str(picture))
        against = partial(compare, unit="s of CPU", repeats=options.repeats)
        timm = partial(commands.seconds, (*PYTHON, "import timm"))
        rows = [against("predict", partial(commands.seconds, (*CAPTIONER, *predict)), timm)]
        python = partial(commands.seconds, (*PYTHON, "pass"))
        rows += [
            against(f"{command} {WRONG}", partial(commands.refused, command), python)
            for command in options.commands
        ]
        said = commands.run((sys.executable, "-X", "importtime", *CAPTIONER[1:], *predict))
    report(rows, json_file=options.json, dtype="float32")
    print(f"\nlongest wait for an answer to a wrong argument: {commands.slowest:.2f} s")
    print("\n".join(slowest_imports(imports(said), options.imports)))


if __name__ == "__main__":
    main()
