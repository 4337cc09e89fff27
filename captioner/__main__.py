"""The command line: ``python -m captioner COMMAND ..``."""

from __future__ import annotations

import sys
from importlib import import_module

from captioner import __version__
from captioner.errors import CaptionerError

# Command -> (module with ``run(argv) -> int``, what it does). Modules are imported on use: torch
# and lightning take seconds, which ``--help`` and a mistyped command must not cost.
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
        ]
    )


def main(argv: list[str]) -> int:
    """Run a command.

    Args:
        argv: What follows ``python -m captioner``.

    Returns:
        The exit code: 0 all done, 1 done but some inputs were skipped, 2 bad input or settings.
    """
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    if argv[0] == "--version":
        print(__version__)
        return 0
    if argv[0] not in COMMANDS:
        print(
            f"captioner: expected a command ({', '.join(COMMANDS)}), found {argv[0]!r}",
            file=sys.stderr,
        )
        return 2
    module, _ = COMMANDS[argv[0]]
    try:
        return int(import_module(f"captioner.commands.{module}").run(argv))
    except CaptionerError as error:
        print(f"captioner: {error}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help and argument errors of the parsers
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("captioner: interrupted", file=sys.stderr)
        return 130


def entry() -> None:
    """Run the command that the process was started with."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
