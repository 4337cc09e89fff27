"""What a run may be called, and how long it may wait for a better score."""

import pytest
from jsonargparse import Namespace

from captioner.commands.runs.run_settings import check_run_name, check_run_settings
from captioner.errors import CaptionerError


@pytest.mark.parametrize(
    "name", ["lstm", "photos/lstm", "my run é", "a/", "..a", "a..b/c.", "v1.0"]
)
def test_names_of_folders_below_that_of_all_runs(name):
    check_run_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", "/", "/a", "a/..", "a/../b", "a//b", "../a", "./a", " .. ", "~/../a"),
        *("C:\\a", "c:a", "\\a", "a\\..\\b", "a\0b"),
    ],
)
def test_names_that_lead_elsewhere(name):
    with pytest.raises(CaptionerError, match=r"^name: expected that of a folder below runs_dir"):
        check_run_name(name)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"patience": -2}, "patience: expected a whole number from 0, or -1 .*, found -2"),
        ({"checkpoint_minutes": -0.5}, "checkpoint_minutes: expected a number from 0, found -0.5"),
        ({"checkpoint_minutes": float("nan")}, "checkpoint_minutes: .*, found nan"),
    ],
)
def test_numbers_that_mean_nothing(settings, sentence):
    known = {"name": "a", "patience": -1, "checkpoint_minutes": 0.0}
    check_run_settings(Namespace(**known))
    with pytest.raises(CaptionerError, match=f"^{sentence}"):
        check_run_settings(Namespace(**{**known, **settings}))
