"""What a reader must know of the machine that times are from."""

import os

import torch

from captioner.comparison.cost.machine import describe_machine


def test_cores_and_version_are_said():
    found = describe_machine(torch.device("cpu"))
    assert found.startswith(f"{os.cpu_count()} CPU cores")
    assert found.endswith(f"torch {torch.__version__}")
