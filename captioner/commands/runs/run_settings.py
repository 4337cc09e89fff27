"""Settings of a run itself, such as its name, its patience and its search.

Nothing heavy is imported here: mistakes in them are answered before anything is.
"""

from __future__ import annotations

import re

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import NonNegativeInt, PositiveInt

import captioner.commands.parsing.word_lists  # noqa: F401 - parsers take its words as they are written
from captioner.errors import CaptionerError
from captioner.models.search_settings import RerankSettings, SearchSettings

_WEIGHTS = [round(0.05 * step, 2) for step in range(21)]


def add_run_settings(parser: ArgumentParser) -> None:
    """Add where runs are written, what they start from and when they end."""
    parser.add_class_arguments(SearchSettings, "search")
    parser.add_argument(
        "--name",
        type=str,
        default="captioner",
        help="Name of the run: of its folder below runs_dir, such as lstm or photos/lstm.",
    )
    parser.add_argument("--runs_dir", type=str, default="runs", help="Folder of all runs.")
    parser.add_argument(
        "--init_from",
        type=str | None,
        default=None,
        help="Checkpoint whose weights and vocabulary a fit starts from; all else starts anew."
        " A run that goes on from its own --ckpt_path has no more use for it: that one is trained"
        " as before, but for what its command names.",
    )
    parser.add_argument(
        "--extend_vocabulary",
        type=bool,
        default=False,
        help="Add the words of the training sentences to the vocabulary of --init_from.",
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=5,
        help="Validations without a better CIDEr (of a language model: perplexity) after which"
        " training stops; -1 for never. 0 is the same as 1: the first ends it.",
    )
    parser.add_argument(
        "--checkpoint_minutes",
        type=float,
        default=5.0,
        help="Minutes between two writes of last.ckpt within an epoch. It is written too where"
        " trainer.max_steps (of the whole run) or trainer.max_time (of this job) ends a job.",
    )


def add_rerank_settings(parser: ArgumentParser) -> None:
    """Add what a run that only evaluates takes besides: who chooses among captions."""
    parser.add_class_arguments(RerankSettings, "rerank")


def add_tune_settings(parser: ArgumentParser) -> None:
    """Add the language model that ``tune`` weighs, and the weights to try."""
    parser.add_argument(
        "--bilm",
        type=str | None,
        default=None,
        help="Checkpoint of a biLM, which reads finished captions.",
    )
    parser.add_argument(
        "--weights",
        type=list[float],
        default=_WEIGHTS,
        help="Shares of the language model to try, from 0 to 1; 0, no re-ranking, is always tried.",
    )


def add_inspect_settings(parser: ArgumentParser) -> None:
    """Add what ``inspect`` writes and shows."""
    parser.add_argument(
        "--sheet", type=str | None, default=None, help="PNG file for pictures of each part."
    )
    parser.add_argument(
        "--show",
        type=NonNegativeInt,
        default=20,
        help="Broken and doubled pictures to name at most.",
    )


def add_shard_settings(parser: ArgumentParser) -> None:
    """Add where ``shard`` writes, and how large its files are."""
    parser.add_argument("--out", type=str, default="data/shards", help="Folder of the shards.")
    parser.add_argument("--size", type=PositiveInt, default=1000, help="Pictures of a shard.")


def check_run_settings(settings: Namespace) -> None:
    """Refuse settings of a run that mean nothing, or another place than they say.

    Args:
        settings: Those of the command.

    Raises:
        CaptionerError: If the name leads out of the folder of all runs or is empty, or a number is
            too small.
    """
    check_run_name(settings.name)
    if settings.patience < -1:
        raise CaptionerError(
            "patience: expected a whole number from 0, or -1 to train on whatever the scores are,"
            f" found {settings.patience}"
        )
    if not settings.checkpoint_minutes >= 0:  # of NaN too
        raise CaptionerError(
            f"checkpoint_minutes: expected a number from 0, found {settings.checkpoint_minutes}"
        )


def check_run_name(name: str) -> None:
    """Refuse a name of a run that is not one of a folder below that of all runs.

    A Windows path counts everywhere: what is named so on one system may be gone on with on another.

    Raises:
        CaptionerError: If the name is empty, or has ``.``, ``..``, a drive or a root in it.

    Example:
        >>> check_run_name("photos/lstm")
        >>> check_run_name("../lstm")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: name: expected that of a folder below runs_dir, such as\
 lstm or photos/lstm, found '../lstm'
    """
    parts = [part.strip() for part in re.split(r"[/\\]", name.rstrip("/\\"))]
    rooted = re.match(r"[A-Za-z]:", name) is not None
    if rooted or "\0" in name or any(part in ("", ".", "..") for part in parts):
        raise CaptionerError(
            "name: expected that of a folder below runs_dir, such as lstm or photos/lstm, found"
            f" {name!r}"
        )
