"""Names of logged values that callbacks are told to watch, in the spelling of another project."""

from __future__ import annotations

import re
from typing import Any

from jsonargparse import Namespace

from captioner.errors import CaptionerError

LOGGED = (
    *("train/loss", "train/perplexity", "train/reward", "val/loss", "val/perplexity"),
    *("val/BLEU-1", "val/BLEU-2", "val/BLEU-3", "val/BLEU-4", "val/ROUGE-L", "val/CIDEr"),
    *("val/forward_perplexity", "val/backward_perplexity"),
)
"""What captioners and language models log, groups of a data set aside."""


def check_monitored(callbacks: Any) -> None:
    """Refuse to watch ``val_loss`` where the name is ``val/loss``, before a first epoch is over.

    Other names pass: a captioner of one's own, or another callback, may log them.

    Args:
        callbacks: Settings of the callbacks of a ``Trainer``, nothing built yet.

    Raises:
        CaptionerError: If a name is that of a logged value but for case and separators.

    Example:
        >>> watch = Namespace(class_path="lightning.EarlyStopping", init_args=Namespace())
        >>> watch.init_args.monitor = "val_cider"
        >>> check_monitored(watch)
        Traceback (most recent call last):
        captioner.errors.CaptionerError: trainer.callbacks: expected EarlyStopping with monitor\
 val/CIDEr, found 'val_cider'
    """
    spellings = {_plain(name): name for name in LOGGED}
    for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
        arguments = callback.get("init_args") if isinstance(callback, Namespace) else None
        found = arguments.get("monitor") if isinstance(arguments, Namespace) else None
        if isinstance(found, str) and spellings.get(_plain(found), found) != found:
            name = callback.class_path.rpartition(".")[2]
            raise CaptionerError(
                f"trainer.callbacks: expected {name} with monitor {spellings[_plain(found)]}, found"
                f" {found!r}"
            )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
