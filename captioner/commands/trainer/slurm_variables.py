"""SLURM variables of the environment, checked against how the command was started."""

from __future__ import annotations

from collections.abc import Mapping

from captioner.errors import CaptionerError

_OF_PROCESS = ("SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID")
_NUMBERS = ("SLURM_NTASKS", "SLURM_NTASKS_PER_NODE", "SLURM_NNODES", *_OF_PROCESS)
_INTERACTIVE = ("bash", "interactive")  # names of jobs in which Lightning takes no notice of SLURM


def is_slurm_task(variables: Mapping[str, str]) -> bool:
    """Return whether Lightning takes a process for a task that SLURM has started.

    Args:
        variables: Of the environment. What torchrun starts in a job is its own.

    Example:
        >>> is_slurm_task({"SLURM_NTASKS": "1"}), is_slurm_task({"SLURM_JOB_ID": "7"})
        (True, False)
    """
    by_torchrun = "TORCHELASTIC_RUN_ID" in variables
    interactive = variables.get("SLURM_JOB_NAME") in _INTERACTIVE
    return "SLURM_NTASKS" in variables and not interactive and not by_torchrun


def check_slurm_variables(variables: Mapping[str, str]) -> None:
    """Refuse SLURM variables that would have a process wait for others that nobody starts.

    A process counts as one of ``SLURM_NTASKS`` as soon as that variable is set, which a job's
    script has too; only ``srun`` starts as many.

    Args:
        variables: Of the environment of a task.

    Raises:
        CaptionerError: If several tasks are asked for and ``srun`` was not used, or a variable is
            missing or no number.

    Example:
        >>> check_slurm_variables({"SLURM_NTASKS": "2", "SLURM_PROCID": "0"})
        Traceback (most recent call last):
        captioner.errors.CaptionerError: SLURM_NTASKS: expected 1 without srun, found 2; start the\
 command with srun, or unset SLURM_NTASKS to run it as a single process
    """
    for name in _NUMBERS:
        value = variables.get(name)
        if value is not None and not value.isdecimal():
            raise CaptionerError(f"{name}: expected a whole number, found {value!r}")
    tasks = int(variables["SLURM_NTASKS"])
    remedy = "start the command with srun, or unset SLURM_NTASKS to run it as a single process"
    if tasks > 1 and "SLURM_STEP_ID" not in variables and "SLURM_STEPID" not in variables:
        raise CaptionerError(f"SLURM_NTASKS: expected 1 without srun, found {tasks}; {remedy}")
    for name in _OF_PROCESS:
        if name not in variables:
            raise CaptionerError(
                f"{name}: expected a number beside SLURM_NTASKS, found none; {remedy}"
            )
