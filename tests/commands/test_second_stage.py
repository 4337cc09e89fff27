"""A second stage takes weights and vocabulary of the first one, and nothing else."""

import json

import pytest
import torch
import yaml

from captioner import load_captioner
from captioner.__main__ import main
from captioner.checkpoints.checkpoint_file import read_checkpoint

pytestmark = pytest.mark.integration


def fitted(small_run, folder, *extra):
    """Fit, and return what the run wrote."""
    assert main([*small_run("fit", folder, "--name=second"), *extra]) == 0
    return folder / "second" / "version_0"


def test_starts_from_the_weights_but_not_from_the_progress(trained, small_run, tmp_path, capsys):
    trained = trained.with_name("last.ckpt")
    run = fitted(
        small_run,
        tmp_path,
        f"--init_from={trained}",
        "--trainer.max_epochs=1",
        "--model.learning_rate=0",
        "--model.hidden_size=7",  # the architecture is the checkpoint's
    )
    first, second = torch.load(trained), torch.load(run / "checkpoints" / "last.ckpt")
    assert second["vocabulary"] == first["vocabulary"]
    for name, weight in first["state_dict"].items():
        assert torch.equal(second["state_dict"][name], weight), name
    assert (second["epoch"], second["global_step"]) == (0, 4)
    assert first["global_step"] > 4
    assert yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"][
        "learning_rate"
    ] == pytest.approx(0)
    assert (
        f"model.hidden_size: 7 has no effect; 48, as in {trained}, does" in capsys.readouterr().err
    )


SCST = ["--model.self_critical.samples=4", "--model.self_critical.max_words=8"]


def test_self_critical_stage_rewards_what_it_samples_and_loads_in_predict(
    trained, small_run, tmp_path, colours, capsys
):
    run = fitted(small_run, tmp_path, f"--init_from={trained}", *SCST, "--trainer.max_epochs=2")
    capsys.readouterr()
    checkpoint = run / "checkpoints" / "last.ckpt"
    assert "self_critical" not in read_checkpoint(checkpoint).architecture
    picture = str(colours / "images" / "test_0.png")
    assert main(["predict", "--ckpt_path", str(checkpoint), picture]) == 0
    assert picture in capsys.readouterr().out


def test_a_self_critical_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    trained, small_run, tmp_path
):
    settings = [f"--init_from={trained}", *SCST, "--model.schedule=constant"]
    whole = fitted(small_run, tmp_path / "whole", *settings, "--trainer.max_epochs=2")
    run = fitted(small_run, tmp_path / "parts", *settings, "--trainer.max_epochs=1")
    last = run / "checkpoints" / "last.ckpt"
    # init_from is still among the settings: the checkpoint of the run itself wins.
    arguments = small_run("fit", tmp_path / "parts", "--name=second", *settings)
    assert main([*arguments, "--trainer.max_epochs=2", f"--ckpt_path={last}"]) == 0
    assert not (run.parent / "version_1").exists()
    expected = torch.load(whole / "checkpoints" / "last.ckpt", weights_only=True)
    found = torch.load(last, weights_only=True)
    assert found["global_step"] == expected["global_step"] == 8
    for name, weight in expected["state_dict"].items():
        assert torch.equal(found["state_dict"][name], weight), name


@pytest.fixture
def new_words(colours, tmp_path):
    """Return training captions of the same pictures with words that the captioner never saw."""
    file = json.loads((colours / "annotations" / "captions_train.json").read_text())
    for annotation in file["annotations"]:
        annotation["caption"] = "A wonderful " + annotation["caption"].split()[1] + " canvas."
    path = tmp_path / "new.json"
    path.write_text(json.dumps(file))
    return path


def test_settings_of_another_captioner_are_refused(trained, small_run, tmp_path, capsys):
    other = ["--model=TransformerCaptioner", f"--init_from={trained}"]
    assert main([*small_run("fit", tmp_path), *other]) == 2
    error = capsys.readouterr().err
    assert f"model: expected LSTMCaptioner, as {trained} is, found TransformerCaptioner" in error


def test_vocabulary_is_kept_unless_new_words_are_asked_for(trained, small_run, tmp_path, new_words):
    common = [f"--init_from={trained}", f"--data.train_annotations={new_words}"]
    run = fitted(small_run, tmp_path, *common, "--trainer.max_epochs=1")
    before = read_checkpoint(trained).vocabulary
    assert read_checkpoint(run / "checkpoints" / "last.ckpt").vocabulary == before


def test_new_words_are_added_and_learnt_and_old_ones_stay(
    trained, small_run, tmp_path, new_words, colours
):
    common = [
        f"--init_from={trained}",
        f"--data.train_annotations={new_words}",
        "--extend_vocabulary=true",
    ]
    run = fitted(
        small_run, tmp_path / "0", *common, "--trainer.max_epochs=1", "--model.learning_rate=0"
    )
    first, second = (read_checkpoint(p) for p in (trained, run / "checkpoints" / "last.ckpt"))
    known = len(first.vocabulary)
    assert second.vocabulary.words[:known] == first.vocabulary.words
    assert {"wonderful", "canvas"} <= set(second.vocabulary.words[known:])
    for name, weight in first.weights.items():
        assert torch.equal(
            second.weights[name][: len(weight)] if weight.dim() else second.weights[name], weight
        ), name
    run = fitted(small_run, tmp_path / "1", *common, "--trainer.max_epochs=40", "--patience=99")
    picture = colours / "images" / "test_0.png"
    assert (
        "wonderful" in load_captioner(run / "checkpoints" / "last.ckpt").caption([picture])[0].text
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["--init_from=none.ckpt"], "none.ckpt: expected a checkpoint file"),
        (["--extend_vocabulary=true"], "extend_vocabulary: expected init_from with it, found none"),
        (["--model.self_critical.samples=1"], "self_critical.samples: expected at least 2"),
    ],
)
def test_a_mistake_is_one_sentence(settings, sentence, small_run, tmp_path, capsys):
    assert main([*small_run("fit", tmp_path), *settings]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
