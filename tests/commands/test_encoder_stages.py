"""Image tokens of several stages, through all that a captioner goes through."""

import pytest
import torch

from captioner.__main__ import main
from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.encoders import TimmEncoder
from captioner.models.loading import load_model

pytestmark = pytest.mark.integration

STAGES = ["--model.encoder_stages=[2,final]"]


@pytest.fixture(scope="module")
def staged(small_run, tmp_path_factory):
    """Return the folder of runs, and ``best.ckpt`` of a captioner that reads two stages."""
    runs = tmp_path_factory.mktemp("staged")
    assert main(small_run("fit", runs, "--name=staged", *STAGES)) == 0
    return runs, runs / "staged" / "version_0" / "checkpoints" / "best.ckpt"


def folders(runs):
    return {path.name for path in (runs / "cache").iterdir() if path.is_dir()}


def test_stages_are_part_of_the_architecture_and_of_the_key_of_the_cache(
    staged, small_run, tmp_path
):
    runs, best = staged
    assert read_checkpoint(best).architecture["encoder_stages"] == [2, "final"]
    encoder = load_model(read_checkpoint(best)).encoder
    plain = TimmEncoder("test_efficientnet", weights="random", image_size=64)
    assert encoder.features > plain.features
    assert encoder.grid > plain.grid
    before = folders(runs)
    assert main(small_run("fit", runs, "--name=plain", "--trainer.max_epochs=1")) == 0
    assert folders(runs) > before


def test_predict_test_and_ensembles_read_them(staged, small_run, colours, tmp_path, capsys):
    runs, best = staged
    picture = str(colours / "images" / "test_0.png")
    assert main(["predict", "--ckpt_path", str(best), f"--ensemble=[{best}]", picture]) == 0
    assert picture in capsys.readouterr().out
    # Computed anew or read from the cache, the scores are the same.
    command = small_run("test", runs, f"--ckpt_path={best}", *STAGES)
    scores = []
    for cached in ("true", "false"):
        assert main([*command, f"--data.cache_tokens={cached}"]) == 0
        scores.append([line for line in capsys.readouterr().out.splitlines() if "CIDEr" in line])
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    "more",
    [
        ["--model.self_critical.samples=2", "--model.self_critical.max_words=8"],
        ["--model.train_encoder_from=2"],
    ],
    ids=["self-critical", "fine-tuned"],
)
def test_second_stages_keep_them(staged, small_run, tmp_path, more):
    _, best = staged
    run = [f"--init_from={best}", "--name=second", "--trainer.max_epochs=1"]
    assert main([*small_run("fit", tmp_path, *run), *more]) == 0
    last = tmp_path / "second" / "version_0" / "checkpoints" / "last.ckpt"
    assert read_checkpoint(last).architecture["encoder_stages"] == [2, "final"]
    state = torch.load(last)["state_dict"]
    assert all(weight.isfinite().all() for weight in state.values() if weight.is_floating_point())


@pytest.mark.parametrize("stages", ["[9]", "[]", "[first]", "[2,2]"])
def test_stages_that_are_not_there_are_one_sentence(small_run, tmp_path, capsys, stages):
    assert main(small_run("fit", tmp_path, f"--model.encoder_stages={stages}")) == 2
    said = capsys.readouterr().err
    assert said.startswith("captioner: ")
    assert "encoder_stages" in said
    assert said.count("\n") == 1


def test_the_last_stages_learn_from_what_is_cached_of_the_first(
    staged, small_run, tmp_path, caplog
):
    _, best = staged
    settings = [f"--init_from={best}", "--name=tail", "--model.train_encoder_from=2"]
    settings += ["--data.cached_views=2", "--model.encoder_learning_rate=0.1"]
    assert main(small_run("fit", tmp_path, *settings, "--trainer.max_epochs=2")) == 0
    assert len(folders(tmp_path)) == 2
    last = tmp_path / "tail" / "version_0" / "checkpoints" / "last.ckpt"
    before, after = (torch.load(path)["state_dict"] for path in (best, last))
    moved = {key for key, value in before.items() if not torch.equal(value, after[key])}
    assert any(key.startswith("encoder.model.") for key in moved)
    assert not any(key.startswith("encoder.model.conv_stem") for key in moved)
    # A killed run would go on from there.
    again = small_run("fit", tmp_path, *settings, "--trainer.max_epochs=3")
    assert main([*again, f"--ckpt_path={last}"]) == 0
    assert torch.load(last)["epoch"] == 2


def test_a_checkpoint_from_before_there_was_a_choice_has_the_default(
    trained, small_run, tmp_path, capsys
):
    old = torch.load(trained)
    del old["hyper_parameters"]["encoder_stages"]
    torch.save(old, tmp_path / "old.ckpt")
    settings = [f"--init_from={tmp_path}/old.ckpt", "--name=second", "--trainer.max_epochs=1"]
    assert main([*small_run("fit", tmp_path, *settings), "--model.encoder_stages=[2]"]) == 0
    assert "model.encoder_stages: [2] has no effect" in capsys.readouterr().err
    last = tmp_path / "second" / "version_0" / "checkpoints" / "last.ckpt"
    assert read_checkpoint(last).architecture["encoder_stages"] is None
