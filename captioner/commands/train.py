"""``fit``, ``validate`` and ``test``: preflight checks, before Lightning is imported."""

from __future__ import annotations

import os

from captioner.commands.parsing.preflight import preflight_check
from captioner.commands.runs.run_settings import add_rerank_settings, add_run_settings
from captioner.garbage_collection import gc_paused


def run(argv: list[str]) -> int:
    """Run ``fit``, ``validate`` or ``test`` as ``argv`` says; return the exit code."""
    if argv[0] == "fit":
        # A requeued job of SLURM goes on from a checkpoint of its own, whatever it names.
        named = () if "SLURM_JOB_ID" in os.environ else ("ckpt_path", "init_from")
        preflight_check(argv, add_run_settings, checkpoints=named)
    else:
        added = (add_run_settings, add_rerank_settings)
        preflight_check(argv, *added, checkpoints=("ckpt_path",))
    with gc_paused():
        from captioner.commands.work.train import train
    return train(argv)
