"""The embedded data set draws itself when it is first asked for."""

import pytest
from jsonargparse import ArgumentParser

from captioner.data import CocoDataModule, ScenesDataModule
from captioner.errors import CaptionerError

SIZES = {"train_size": 6, "val_size": 2, "test_size": 4}


def test_draws_itself_once_and_on_first_access_only(tmp_path):
    data = ScenesDataModule(str(tmp_path / "scenes"), **SIZES)
    assert not (tmp_path / "scenes").exists()
    assert "a" in data.vocabulary
    parts = data.splits
    assert (len(parts.train), len(parts.val), len(parts.test)) == (6, 2, 4)
    assert all(len(example.captions) == 5 for example in data.splits.train)
    file = tmp_path / "scenes" / "annotations" / "captions_train.json"
    written = file.stat().st_mtime_ns
    again = ScenesDataModule(str(tmp_path / "scenes"), limit=2, **SIZES)
    assert len(again.splits.train) == 2
    assert file.stat().st_mtime_ns == written


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_settings_of_both_are_settings_on_the_command_line():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(CocoDataModule, "data")
    arguments = ["--data=ScenesDataModule", "--data.train_size=9", "--data.batch_size=3"]
    data = parser.instantiate_classes(parser.parse_args(arguments)).data
    assert isinstance(data, ScenesDataModule)
    assert (data.sizes["train"], data.batch_size) == (9, 3)
    for wrong in ("--data.colour=red", "--data.images=elsewhere", "--data.batch_size=many"):
        with pytest.raises(Exception, match=wrong.split("=")[0].removeprefix("--data.")):
            parser.parse_args([*arguments, wrong])


def test_refuses_bad_sizes(tmp_path):
    with pytest.raises(CaptionerError, match="scenes sizes"):
        _ = ScenesDataModule(str(tmp_path / "scenes"), train_size=-1).vocabulary
