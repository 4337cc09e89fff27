"""``prepare`` as it is typed; the command it ends with trains a captioner."""

import re
import shlex
from pathlib import Path

import pytest

from captioner.__main__ import main
from captioner.data.preparing.catalog import PUBLIC_SETS

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SMALL = (
    "--model.encoder test_efficientnet --model.encoder_weights random --model.image_size 64"
    " --model.hidden_size 24 --data.holdout 2 --data.min_count 1 --data.batch_size 4"
    " --data.num_workers 0 --trainer.accelerator cpu --trainer.max_epochs 1"
    " --trainer.enable_progress_bar false --trainer.enable_model_summary false"
)


def test_from_nothing_to_a_trained_captioner_in_two_commands(
    small_coco, site, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(PUBLIC_SETS, "coco2017", small_coco)
    monkeypatch.chdir(ROOT)
    root = tmp_path / "my data"
    assert main(["prepare", "coco2017", "--root", str(root)]) == 0
    output = capsys.readouterr()
    assert output.err == ""  # no progress bar where there is no terminal
    assert "CC BY 4.0" in output.out
    line = output.out.splitlines()[-1]
    assert line.startswith("Next: python -m captioner fit --config lstm ")
    small = [*SMALL.split(), f"--data.cache_dir={tmp_path}/cache", f"--runs_dir={tmp_path}/runs"]
    assert main([*shlex.split(line)[4:], *small]) == 0
    assert (tmp_path / "runs/coco2017/version_0/checkpoints/best.ckpt").is_file()


@pytest.mark.parametrize("wanted", PUBLIC_SETS.values(), ids=PUBLIC_SETS)
def test_every_next_command_has_known_settings(wanted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    printed = []
    for root in (wanted.root, str(tmp_path / "d")):
        settings = [*wanted.settings(root), f"--runs_dir={tmp_path}/r", "--print_config"]
        assert main(["fit", *settings]) == 0
        printed.append(capsys.readouterr().out)
        assert printed[-1].count(f" {root}") >= 2  # every path is in there, by either way
    assert printed[0].replace(f" {wanted.root}", f" {tmp_path}/d") == printed[1]


def test_scenes_are_drawn(tmp_path, monkeypatch, capsys):
    import captioner.commands.work.prepare as work

    drawn = []
    monkeypatch.setattr(work, "write_scenes", lambda folder, progress: drawn.append(folder))
    assert main(["prepare", "scenes", "--root", f"{tmp_path}/s"]) == 0
    assert drawn == [tmp_path / "s"]
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Next: python -m captioner fit --config lstm --data.folder {tmp_path}/s"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("nonsense", "dataset: expected one of 'coco2017', .* found 'nonsense'"),
        ("coco2017 --timeout 0", "timeout"),
        ("coco2017 --timeout inf", "timeout: expected at most 86,400 s, found inf s"),
        ("coco2017 --timeout 1e300", r"at most 86,400 s, found 1e\+300 s"),
        ("flickr8k --root {root}", "expected Flickr8k_text.zip and Flickr8k_Dataset.zip, found"),
    ],
)
def test_mistakes_are_one_sentence(arguments, sentence, tmp_path, capsys):
    assert main(["prepare", *arguments.format(root=tmp_path).split()]) == 2
    error = capsys.readouterr().err
    assert error.startswith("captioner: ")
    assert error.count("\n") == 1
    assert re.search(sentence, error)


def test_the_help_names_every_data_set(capsys):
    assert main(["prepare", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in (*PUBLIC_SETS, "scenes"))
