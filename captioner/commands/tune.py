"""``tune``: preflight checks, before Lightning is imported."""

from __future__ import annotations

from captioner.commands.parsing.preflight import preflight_check
from captioner.commands.runs.run_settings import (
    add_rerank_settings,
    add_run_settings,
    add_tune_settings,
)
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Tune as ``argv`` says; return the exit code."""
    arguments = ["validate", *argv[1:]]
    added = (add_run_settings, add_rerank_settings, add_tune_settings)
    preflight_check(arguments, *added, checkpoints=("ckpt_path",))
    with gc_paused():
        from captioner.commands.work.tune import tune
    return tune(arguments)
