"""What a damaged file may do is noticed, kept, and can be done again."""

import json
import sys

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.campaign import DEATH, HANG, keep, run
from tests.fuzz.formats import FORMATS
from tests.fuzz.mutations import Random
from tests.fuzz.worker import REFUSED, WRONG

HARMFUL = "tests.fuzz.harmful"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of processes differ"),
]


@pytest.mark.parametrize(
    ("name", "outcome", "detail"),
    [
        ("dies", DEATH, "assertion failed in decoder.c"),
        ("hangs", HANG, ""),
        ("raises", WRONG, "KeyError below harmful.py"),
        ("fills", WRONG, "MemoryError"),
        ("mumbles", WRONG, "a sentence without the file"),
    ],
)
def test_harm_is_a_finding_and_the_next_input_is_read(name, outcome, detail):
    report = run(HARMFUL, name, 5, seed=3)
    assert report.outcomes == {outcome: 5}
    assert [found.outcome for found, _ in report.findings] == [outcome] * 3  # of 5 that look alike
    assert detail in report.findings[0][0].detail


def test_a_sentence_is_no_finding():
    report = run(HARMFUL, "refuses", 5, seed=3)
    assert (report.outcomes, report.findings) == ({REFUSED: 5}, [])


def test_a_seed_that_is_refused_tests_nothing():
    report = run(HARMFUL, "refuses-all", 2, seed=3)
    assert report.findings[0][0].iteration == -1


def test_a_finding_is_made_small_and_kept_with_what_it_did(tmp_path):
    report = run(HARMFUL, "raises", 1, seed=3)
    keep(report, tmp_path)
    assert (tmp_path / "raises-3-0.input").read_bytes() == b"harm"
    kept = json.loads((tmp_path / "raises-3-0.json").read_text())
    assert (kept["seed"], kept["outcome"]) == (3, WRONG)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_seed_gives_the_same_inputs(name):
    make = FORMATS[name]
    first, again = (
        [make.mutate(Random(f"1 {number}"), make.seeds()) for number in range(3)] for _ in range(2)
    )
    assert first == again
    assert first != make.seeds()[:3]


def test_one_input_can_be_read_again(tmp_path, capsys):
    (tmp_path / "a.input").write_bytes(b"{")
    assert main(["--formats", "coco", "--replay", str(tmp_path / "a.input")]) == 0
    assert "refused" in capsys.readouterr().out


def test_the_command_says_its_seed_and_how_it_ended(tmp_path, capsys):
    words = ["--formats", "idf", "--mutations", "5", "--seed", "8", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert "seed 8" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
