"""Damaged files of every format that is read: each is read, or refused in one sentence.

``make fuzz`` reads 10,000 damaged inputs of each format. A process of its own reads them; an input
that ends it, that takes more than twenty seconds of processor time, or that raises anything but
``CaptionerError`` is a finding: the input, made smaller, and what it did are written to
``runs/fuzz``, and the exit code is 1. The seed is printed; the same one gives the same inputs.

    python -m tests.fuzz --formats png coco --mutations 500 --seed 7
    python -m tests.fuzz --formats png --replay runs/fuzz/png-7-123.input
"""

import argparse
import random
import sys
from pathlib import Path

from tests.fuzz.campaign import Reader, keep, run
from tests.fuzz.formats import FORMATS
from tests.fuzz.worker import READ, REFUSED

_FORMATS = "tests.fuzz.formats"


def main(argv: list[str]) -> int:
    """Fuzz formats; return 1 if there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), metavar="F")
    parser.add_argument("--mutations", type=int, default=10_000, help="inputs of each format")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"), help="folder of findings")
    parser.add_argument("--replay", type=Path, help="read one input and say what becomes of it")
    chosen = parser.parse_args(argv)
    if chosen.replay is not None:
        with Reader(_FORMATS, chosen.formats[0]) as reader:
            outcome, detail = reader.read([chosen.replay.read_bytes()])[0]
        print(outcome, detail)
        return int(outcome not in (READ, REFUSED))
    return _fuzz(chosen)


def _fuzz(chosen: argparse.Namespace) -> int:
    print(f"seed {chosen.seed}, {chosen.mutations:,} inputs of each format")
    print(f"{'format':<20} {'read':>7} {'refused':>7} {'harm':>5} {'seconds':>7}", flush=True)
    harm = 0
    for name in chosen.formats:
        report = run(_FORMATS, name, chosen.mutations, chosen.seed)
        keep(report, chosen.out)
        harm += report.harm
        read, refused = report.outcomes[READ], report.outcomes[REFUSED]
        print(f"{name:<20} {read:>7} {refused:>7} {report.harm:>5} {report.seconds:>7.1f}")
        for finding, _ in report.findings:
            print(f"    {finding.iteration}: {finding.look}")
        sys.stdout.flush()
    if harm:
        print(f"{harm} inputs did harm; some of them are in {chosen.out}")
    return int(harm > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
