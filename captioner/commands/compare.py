"""``compare``: its arguments, and what can be checked before anything is planned."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser
from jsonargparse.typing import NonNegativeInt, PositiveInt

import captioner.commands.parsing.word_lists  # noqa: F401 - parsers take its words as they are written
from captioner.commands.output_paths import check_output_folder
from captioner.commands.parsing.arguments import parse_arguments
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.parsing.relative_paths import resolve_relative_paths
from captioner.comparison.planning.output_folder import check_place
from captioner.errors import CaptionerError
from captioner.files import check_file
from captioner.garbage_collection import gc_paused
from captioner.models.search_settings import SearchSettings


def run(argv: list[str]) -> int:
    """Compare as ``argv`` says; return 0, or 1 if a captioner could not be trained or tested."""
    argv = resolve_config_files(argv)
    settings = parse_arguments(compare_parser(), named_results(argv[1:]))
    for remark in resolve_relative_paths(settings, argv):
        print(f"captioner: {remark}", file=sys.stderr)
    if settings.power:
        check_alone(argv[1:])
        with gc_paused():
            from captioner.commands.work.compare_power import print_power
        return print_power(Path(settings.out))
    if not settings.models:
        raise CaptionerError("models: expected at least one captioner to compare, found none")
    check_output_folder(settings.out)
    if settings.threads is not None and settings.threads > (os.cpu_count() or settings.threads):
        raise CaptionerError(
            f"threads: expected at most {os.cpu_count()}, the cores of this machine, found"
            f" {settings.threads}"
        )
    search = SearchSettings(**settings.search.as_dict())
    check_place(Path(settings.out), trains=not settings.ckpt_paths)
    for checkpoint in settings.ckpt_paths:
        check_file(checkpoint, "a checkpoint file")
    with gc_paused():
        from captioner.commands.work.compare import compare
    return compare(argv, settings, search)


def check_alone(words: Sequence[str]) -> None:
    """Refuse settings on the command line that ``--power`` would not look at.

    Raises:
        CaptionerError: If there is one besides ``--config`` and ``--out``.

    Example:
        >>> check_alone(["--config=compare/demo", "--power", "--out", "runs/mine"])
    """
    names = [word.partition("=")[0] for word in words if word.startswith("--")]
    others = [name for name in names if name not in ("--power", "--config", "--out")]
    if others:
        raise CaptionerError(
            f"power: expected nothing but --config and --out beside it, found {others[0]}"
        )


def named_results(words: Sequence[str]) -> list[str]:
    """Return arguments in which ``--captions NAME=FILE ..`` is the mapping that a YAML file has.

    A name that is given twice has several files.

    Example:
        >>> named_results(["--seeds=[0]", "--captions", "BLIP=a.json", "BLIP=b.json", "--out", "x"])
        ['--seeds=[0]', '--captions={"BLIP": ["a.json", "b.json"]}', '--out', 'x']
        >>> named_results(['--captions={"BLIP": "a.json"}'])
        ['--captions={"BLIP": "a.json"}']
    """
    kept: list[str] = []
    files: dict[str, list[str]] = {}
    taking = False
    for word in words:
        name, equals, file = word.removeprefix("--captions=").partition("=")
        if word == "--captions":
            taking = True
        elif (
            equals
            and not name.startswith(("{", "-"))
            and (taking or word.startswith("--captions="))
        ):
            files.setdefault(name, []).append(file)
        else:
            taking = False
            kept.append(word)
    if not files:
        return list(words)
    place = len(kept) if "--captions" not in words else len(kept[: words.index("--captions")])
    return [*kept[:place], f"--captions={json.dumps(files)}", *kept[place:]]


def compare_parser() -> ArgumentParser:
    """Return what reads the settings of a comparison, from YAML files and the command line."""
    parser = ArgumentParser(
        prog="python -m captioner compare",
        description="Train and test captioners under the same conditions, and write a report."
        " What was interrupted goes on; what is finished is not done again. Paths in a settings"
        " file begin where that file lies, or else in the working folder.",
    )
    parser.add_argument("--config", action="config", help="YAML file with these settings.")
    parser.add_argument("--title", type=str, default="Captioners compared", help="Of the report.")
    parser.add_argument(
        "--models",
        type=dict[str, Any],
        default={},
        help="For each captioner: its fit config, settings, what is trained before it.",
    )
    parser.add_argument(
        "--controls",
        type=dict[str, Any],
        default={},
        help="What the captioners have to beat, such as a blind one: trained and tested once, with"
        " the first seed; none with ckpt_paths.",
    )
    parser.add_argument(
        "--settings",
        type=dict[str, Any],
        default={},
        help="Settings of every captioner and control, such as trainer.max_epochs.",
    )
    parser.add_argument(
        "--seeds",
        type=list[NonNegativeInt],
        default=[0, 1, 2],
        help="Every captioner is trained once with each.",
    )
    parser.add_argument(
        "--equal_time",
        type=bool,
        default=False,
        help="Train every captioner also for the time that the quickest of them took, on a schedule"
        " of that length.",
    )
    parser.add_argument(
        "--ckpt_paths",
        nargs="+",
        type=Path,
        default=[],
        help="Compare these checkpoints as they are; nothing is trained.",
    )
    parser.add_argument(
        "--captions",
        type=dict[str, Any],
        default={},
        help="Captions of other systems for the test images, by name: a results file, or several,"
        " each of which is a seed. On the command line NAME=FILE ..",
    )
    parser.add_argument(
        "--exclude_images",
        type=bool,
        default=False,
        help="Compare all on the test images that every system describes, in place of refusing"
        " results files with missing, doubled, empty or unknown ones.",
    )
    parser.add_class_arguments(SearchSettings, "search")
    parser.set_defaults({"search.beams": 5})
    parser.add_argument("--out", type=str, default="runs/compare", help="Folder of the comparison.")
    parser.add_argument(
        "--workers",
        type=PositiveInt | None,
        default=None,
        help="Trainings at a time; as many as there are GPUs if not given, one without.",
    )
    parser.add_argument(
        "--threads",
        type=PositiveInt | None,
        default=None,
        help="Threads on the CPU that captioning, and steps by length, are timed with; torch's own"
        " number if not given.",
    )
    parser.add_argument(
        "--power",
        action="store_true",
        help="Train and measure nothing: print which differences the finished comparison in out"
        " could show, and what twice the images or seeds would buy.",
    )
    return parser
