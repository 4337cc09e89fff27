"""``inspect``: preflight checks, before Lightning is imported."""

from __future__ import annotations

from captioner.commands.parsing.preflight import preflight_check
from captioner.commands.runs.run_settings import add_inspect_settings, add_run_settings
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Inspect what ``argv`` names; return 1 if a picture is broken or in two parts, else 0."""
    arguments = ["fit", *argv[1:]]
    added = (add_run_settings, add_inspect_settings)
    preflight_check(arguments, *added, checkpoints=("ckpt_path", "init_from"))
    with gc_paused():
        from captioner.commands.work.inspect import inspect
    return inspect(arguments)
