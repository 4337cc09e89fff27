"""Variables of SLURM that tell of processes which nobody starts."""

import pytest

from captioner.commands.trainer.slurm_variables import check_slurm_variables, is_slurm_task
from captioner.errors import CaptionerError

ONE = {f"SLURM_{name}": "0" for name in ("PROCID", "LOCALID", "NODEID")} | {"SLURM_NTASKS": "1"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SLURM_JOB_ID": "7", "SLURM_NTASKS_PER_NODE": "2"},  # a script that was not told of tasks
        {"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "bash"},
        {"SLURM_NTASKS": "1", "TORCHELASTIC_RUN_ID": "none"},
    ],
)
def test_a_process_that_is_no_task(variables):
    assert not is_slurm_task(variables)


@pytest.mark.parametrize("variables", [ONE, {**ONE, "SLURM_NTASKS": "2", "SLURM_STEP_ID": "0"}])
def test_a_process_that_is_what_they_say(variables):
    assert is_slurm_task(variables)
    check_slurm_variables(variables)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({**ONE, "SLURM_NTASKS": "2"}, "SLURM_NTASKS: expected 1 without srun, found 2; start"),
        ({"SLURM_NTASKS": "1"}, "SLURM_PROCID: expected a number beside SLURM_NTASKS, found none"),
        ({**ONE, "SLURM_NTASKS": "two"}, "SLURM_NTASKS: expected a whole number, found 'two'"),
        ({**ONE, "SLURM_NNODES": "1-2"}, "SLURM_NNODES: expected a whole number, found '1-2'"),
    ],
)
def test_a_process_that_is_not(variables, sentence):
    with pytest.raises(CaptionerError, match=f"^{sentence}"):
        check_slurm_variables(variables)
