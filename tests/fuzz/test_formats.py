"""A few damaged files of every format; ``make fuzz`` reads ten thousand of each."""

import sys

import pytest

from tests.fuzz.campaign import run
from tests.fuzz.formats import FORMATS

pytestmark = pytest.mark.integration

# A model is built for many of these.
SLOW = {"checkpoint": 10, "encoder-pt": 15, "encoder-safetensors": 15, "elmo-weights": 30}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of processes differ")
@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_or_refused_in_a_sentence(name):
    report = run("tests.fuzz.formats", name, SLOW.get(name, 60), seed=0)
    assert [
        f"{found.iteration}: {found.outcome} {found.detail}" for found, _ in report.findings
    ] == []
