"""Checkpoints that are compared as they are, without training any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from captioner.checkpoints.checkpoint_file import Checkpoint, read_checkpoint
from captioner.comparison.planning.plan import PlannedModel, Settings, search_of_test
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError
from captioner.models.loading import check_model
from captioner.models.search_settings import SearchSettings


def read_comparable(paths: Sequence[Path]) -> list[Checkpoint]:
    """Read checkpoints that can be compared.

    Raises:
        CaptionerError: If one is missing or no captioner's, or if they do not speak the same words.
    """
    found = [read_checkpoint(path) for path in paths]
    for each in found:
        check_model(each)
        first, own = found[0], each
        if own.vocabulary != first.vocabulary or own.tokenizer != first.tokenizer:
            raise CaptionerError(
                f"{own.path}: expected the vocabulary of {first.path} ({len(first.vocabulary)}"
                f" words), as a fair comparison needs, found another ({len(own.vocabulary)} words);"
                " score scores each by itself"
            )
    return found


def plan_tests(
    paths: Sequence[Path],
    model: PlannedModel,
    settings: Settings,
    search: SearchSettings,
    out: Path,
) -> list[Task]:
    """Return the tests of some checkpoints.

    Args:
        paths: The checkpoints.
        model: One of the captioners of the plan, whose data they are tested on.
        settings: Settings of every captioner of the plan.
        search: How captions are found.
        out: Folder of the comparison.
    """
    tasks = []
    for name, path in zip(name_checkpoints(paths), paths, strict=True):
        folder = out / "runs" / name
        own = settings | model.settings | search_of_test(search)
        own |= {"ckpt_path": str(path), "trainer.logger": "TensorBoardLogger"}
        own |= {"trainer.logger.save_dir": str(folder.parent), "trainer.logger.name": name}
        tasks.append(Task(name, 0, "test", model.config, own, folder))
    return tasks


def name_checkpoints(paths: Sequence[Path]) -> list[str]:
    """Return a name for each checkpoint: that of its run, or else of the file; no two the same.

    Example:
        >>> name_checkpoints([Path("runs/lstm/version_0/checkpoints/best.ckpt"), Path("mine.ckpt")])
        ['lstm', 'mine']
        >>> name_checkpoints([Path("a/best.ckpt"), Path("b/best.ckpt")])
        ['best', 'best-2']
        >>> name_checkpoints([Path("runs/LSTM/seed_0/version_0/checkpoints/best.ckpt")])
        ['LSTM']
    """
    names: list[str] = []
    for path in paths:
        name = free = _name(path)
        number = 1
        while free in names:
            number += 1
            free = f"{name}-{number}"
        names.append(free)
    return names


def _name(path: Path) -> str:
    """Return the name of a run, which in a comparison is that of the folder of its seeds."""
    if path.parent.name != "checkpoints":
        return path.stem
    folders = path.parent.resolve().parents[1:3]  # what .. leads to has a name too
    names = [each.name for each in folders if not re.fullmatch(r"seed_\d+", each.name)]
    return next(filter(None, names), path.stem)
