"""Command line: ``python -m captioner COMMAND ..`` to an exit code."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib import import_module

from captioner import __version__
from captioner.commands.streams import flush_streams, guard_streams
from captioner.errors import CaptionerError
from captioner.shutdown import ShutdownRequested, shutdown

# Command -> (module with ``run(argv) -> int``, what it does). Modules are imported on use, so that
# ``--help`` and a mistyped command wait for none of them.
COMMANDS = {
    "fit": ("train", "train a captioner or a language model: fit --config lstm"),
    "inspect": ("inspect", "say what is in a data set: inspect --config lstm"),
    "validate": ("train", "score a checkpoint on the validation data"),
    "test": ("train", "score a checkpoint on the test data"),
    "compare": ("compare", "train and compare captioners: compare --config compare/demo"),
    "predict": ("predict", "caption pictures: predict --ckpt_path best.ckpt photo.jpg folder/"),
    "prepare": ("prepare", "fetch a public data set: prepare coco2017 --root data/coco"),
    "shard": ("shard", "pack a data set into tar shards: shard --config .. --out data/shards"),
    "score": ("score", "score captions in a file: score results.json annotations.json"),
    "elmo": ("elmo", "vectors of words in context: elmo --ckpt_path bilm.ckpt text.txt out.hdf5"),
    "tune": ("tune", "let a biLM choose among captions: tune --ckpt_path best.ckpt --bilm b.ckpt"),
    "idf": ("idf", "save the n-gram weights of CIDEr: idf annotations.json idf.json"),
    "configs": ("configs", "list the shipped configurations, copy one: configs lstm --out my.yaml"),
    "info": ("info", "say what a checkpoint is: info best.ckpt"),
}


# Commands that go on where they were when they are given again, and the option that makes them, if
# it takes one.
RESUMABLE = {
    "fit": "--ckpt_path",
    "predict": "--out",
    "compare": None,
    "prepare": None,
    "shard": None,
}

# What says how threads of OpenMP wait for each other: the standard, GNU's and LLVM's own.
OPENMP_WAIT_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")


def limit_openmp_spinning() -> None:
    """Limit how long OpenMP threads of torch spin before they sleep, unless the user has set it.

    GNU's OpenMP, which torch brings on Linux, has them try 300,000 times, for milliseconds. On a
    machine that has other work, that takes the cores away from the threads they wait for; to sleep
    at once makes every operation wait to be woken. ``benchmarks/waiting.py`` measures all three.
    OpenMP reads the variable once, when torch is loaded; processes that are started later inherit
    it.
    """
    if not any(name in os.environ for name in OPENMP_WAIT_VARIABLES):
        os.environ["GOMP_SPINCOUNT"] = "10000"


def usage() -> str:
    """Return the text of ``--help``."""
    lines = [f"  {name:10} {summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: python -m captioner COMMAND [options]",
            "",
            "Caption pictures with LSTM, ELMo and Transformer decoders.",
            "",
            "commands:",
            *lines,
            "",
            "python -m captioner COMMAND --help explains a command.",
            "",
            "exit codes: 0 all done, 1 done but some inputs were skipped, 2 bad input or settings,",
            "130 ended by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP, as when a terminal is closed:",
            "what is done is kept, and how to go on is said; a second signal ends it at once.",
            "141: nobody reads what is printed any more.",
        ]
    )


def main(argv: list[str]) -> int:
    """Run a command.

    Args:
        argv: What follows ``python -m captioner``.

    Returns:
        The exit code: 0 all done, 1 done but some inputs were skipped, 2 bad input or settings or
        nothing can be written, 129 ended by SIGHUP, 130 by Ctrl-C, 141 nobody reads the output any
        more, 143 ended by SIGTERM.
    """
    with shutdown.handling_signals(argv):
        return _exit_code(argv)


def _exit_code(argv: list[str]) -> int:
    try:
        return _run(argv)
    except CaptionerError as error:
        print(f"captioner: {error}", file=sys.stderr)
        return 2
    except ShutdownRequested as stop:
        if not shutdown.silent:
            print(shutdown.message(stop.number), file=sys.stderr)
        return int(stop.code or 0)
    except SystemExit as stop:  # --help, argument errors of the parsers, a reader that has gone
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("captioner: interrupted", file=sys.stderr)
        return 130


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    if argv[0] == "--version":
        print(__version__)
        return 0
    if argv[0] not in COMMANDS:
        near = get_close_matches(argv[0], COMMANDS, 1, 0.75)
        hint = f"; near it is {near[0]}" if near else ""
        print(
            f"captioner: expected a command ({', '.join(COMMANDS)}), found {argv[0]!r}{hint}",
            file=sys.stderr,
        )
        return 2
    options = {word.partition("=")[0] for word in argv}
    if argv[0] in RESUMABLE and RESUMABLE[argv[0]] in {None, *options}:
        shutdown.mark_resumable()
    module, _ = COMMANDS[argv[0]]
    return int(import_module(f"captioner.commands.{module}").run(argv))


def entry() -> None:
    """Run the command that the process was started with."""
    limit_openmp_spinning()
    guard_streams()
    try:
        code = main(sys.argv[1:])
        flush_streams()
    except CaptionerError as error:  # of the streams: there may be nobody to tell
        print(f"captioner: {error}", file=sys.stderr)
        code = 2
    except OSError as error:
        if error.errno is None:  # raised by a library, not by the system
            raise
        print(f"captioner: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    entry()
