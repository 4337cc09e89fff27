"""``shard``: preflight checks, before Lightning is imported."""

from __future__ import annotations

from captioner.commands.parsing.preflight import preflight_check
from captioner.commands.runs.run_settings import add_run_settings, add_shard_settings
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Pack what ``argv`` names; return 1 if broken pictures were left out, else 0."""
    arguments = ["fit", *argv[1:]]
    preflight_check(arguments, add_run_settings, add_shard_settings, checkpoints=())
    with gc_paused():
        from captioner.commands.work.shard import shard
    return shard(arguments)
