"""Two processes do what one does, each image once, and end together when one of them fails."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main
from captioner.data.token_cache.cache import TokenCache

pytestmark = pytest.mark.integration

TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")


def launch(*command):
    """Run a command; return when all of its processes have let go of its output."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        check=False,
        capture_output=True,
        text=True,
        timeout=400,
    )


def printed_scores(text):
    return dict(re.findall(r"((?:val|test)/\S+)[^\d\n]*([\d.e+-]+)", text))


def sentences(text):
    return [line for line in text.splitlines() if line.startswith("captioner: ")]


@pytest.fixture(scope="module")
def settings(trained, colours, uneven, tmp_path_factory):
    """Return settings with which each step is the same for two processes as for one.

    Captions differ in length, so the two have different numbers of words in most steps.
    The test part has an odd number of images, dealt out one by one: one process has one more.
    """
    test = json.loads((colours / "annotations" / "captions_test.json").read_text())
    dropped = test["images"].pop()["id"]
    test["annotations"] = [a for a in test["annotations"] if a["image_id"] != dropped]
    odd = tmp_path_factory.mktemp("odd") / "captions_test.json"
    odd.write_text(json.dumps(test))
    return (
        f"--init_from={trained}",
        "--model.dropout=0",
        "--data.eval_batch_size=1",
        f"--data.train_annotations={uneven}",
        f"--data.test_annotations={odd}",
    )


def run_all(folder, commands):
    """Run commands one after the other in two processes; return what is printed."""
    (folder / "commands.json").write_text(json.dumps(commands))
    done = launch(Path(__file__).with_name("run_all.py"), folder / "commands.json")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def together(small_run, settings, tmp_path_factory):
    """Return the runs folder and the output of a ``fit``, ``validate`` and ``test`` by two."""
    runs = tmp_path_factory.mktemp("together")
    last = f"--ckpt_path={runs}/two/version_0/checkpoints/last.ckpt"
    settings = (*TWO, *settings, "--name=two", "--trainer.log_every_n_steps=1")
    commands = [
        small_run("fit", runs, *settings),
        small_run("validate", runs, *settings, last),
        small_run("test", runs, *settings, last),
    ]
    return runs, run_all(runs, commands)


def test_two_processes_learn_what_one_learns(together, small_run, settings, tmp_path):
    runs, _ = together
    command = small_run("fit", tmp_path, *settings, "--data.batch_size=8", "--name=one")
    assert main(command) == 0
    two, one = (
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
        for folder in (runs / "two" / "version_0", tmp_path / "one" / "version_0")
    )
    assert two["global_step"] == one["global_step"]
    # Adam divides gradients by their size: where they are next to nothing, what rounding
    # makes of them is not. A step moves a weight by up to 5e-3.
    for name, weight in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][name], weight, rtol=0, atol=1e-4, msg=name)


def test_two_processes_score_what_one_scores(together, small_run, settings, tmp_path, capsys):
    runs, said = together
    run = runs / "two" / "version_0"
    captions = (run / "test_captions.json").read_bytes()
    shutil.copytree(run, tmp_path / "one")
    for command in ("validate", "test"):
        last = f"--ckpt_path={tmp_path}/one/checkpoints/last.ckpt"
        assert main(small_run(command, tmp_path, *settings, last)) == 0
    alone = printed_scores(capsys.readouterr().out)
    scores = printed_scores(said)
    assert alone.keys() == scores.keys() >= {"val/loss", "val/CIDEr", "test/loss", "test/BLEU-4"}
    for name, score in alone.items():
        assert float(scores[name]) == pytest.approx(float(score), rel=1e-6, abs=2e-6), name
    assert (tmp_path / "one" / "test_captions.json").read_bytes() == captions
    assert len(json.loads(captions)) == 7


def test_one_process_writes(together):
    runs, said = together
    run = runs / "two" / "version_0"
    assert [path.name for path in (runs / "two").iterdir()] == ["version_0"]
    assert {path.name for path in (run / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert {path.name for path in run.iterdir() if "tfevents" not in path.name} == {
        "checkpoints",
        "config.yaml",
        "hparams.yaml",
        "test_captions.json",
    }
    assert said.count("Best checkpoint") == 1
    events = EventAccumulator(str(run))
    events.Reload()
    for tag in ("train/loss", "best/CIDEr", "cost/images_seen"):
        steps = [event.step for event in events.Scalars(tag)]
        assert steps == sorted(set(steps)), tag
    assert events.Scalars("cost/images_seen")[-1].value == 2 * 16


def test_each_picture_is_encoded_once(together):
    runs, _ = together
    (folder,) = (path for path in (runs / "cache").iterdir() if path.is_dir())
    fingerprint = json.loads((folder / "meta.json").read_text())["fingerprint"]
    assert len(TokenCache(runs / "cache", fingerprint)) == 16 + 8 + 7


@pytest.fixture(scope="module")
def stages(small_run, small_bilm, trained, tmp_path_factory):
    """Return the runs folder, and what is printed, of second stages and of language models.

    Two processes train on sampled captions: one run in one go, another that is resumed halfway.
    They train a language model, and validate it on an odd number of sentences, one by one.
    """
    runs = tmp_path_factory.mktemp("stages")
    settings = (*TWO, "--trainer.callbacks=witness.Witness")
    sampled = ("--model.self_critical.samples=2", "--model.schedule=constant")
    sampling = (*settings, "--trainer.callbacks+=EMA", *sampled)
    half = f"--ckpt_path={runs}/half/version_0/checkpoints/last.ckpt"
    bilm = f"--ckpt_path={runs}/bilm/version_0/checkpoints/last.ckpt"
    first = f"--init_from={trained}"
    (runs / "val.txt").write_text("The dog runs.\nA cat.\nA bird is sleeping.")
    text = (f"--data.val_text={runs}/val.txt", "--data.eval_batch_size=1")
    commands = [
        small_run("fit", runs, *sampling, "--name=whole", first),
        small_run("fit", runs, *sampling, "--name=half", first, "--trainer.max_epochs=1"),
        small_run("fit", runs, *sampling, half),
        small_bilm("fit", runs, *settings, *text, "--model.dropout=0.1"),
        small_bilm("validate", runs, *TWO, *text, bilm),
    ]
    said = run_all(runs, commands)
    validate = small_bilm("validate", runs, *text, bilm)
    return runs, said, validate


@pytest.mark.parametrize("name", ["whole", "half", "bilm"])
def test_two_processes_end_with_the_same_weights_and_draw_different_numbers(stages, name):
    run = stages[0] / name / "version_0"
    witnesses = [json.loads((run / f"witness_{rank}.json").read_text()) for rank in (0, 1)]
    assert witnesses[0]["weights"] == witnesses[1]["weights"]
    assert witnesses[0]["random"] != witnesses[1]["random"]


def test_two_processes_go_on_with_sampled_captions_as_if_nothing_had_happened(stages, trained):
    runs, _, _ = stages
    files = [runs / name / "version_0/checkpoints/last.ckpt" for name in ("whole", "half")]
    before, whole, half = (
        torch.load(file, weights_only=True)["state_dict"] for file in (trained, *files)
    )
    assert any(not torch.equal(before[name], weight) for name, weight in whole.items())
    for name, weight in whole.items():
        torch.testing.assert_close(half[name], weight, rtol=0, atol=0, msg=name)


def test_two_processes_find_the_perplexities_that_one_finds(stages, capsys):
    _, said, validate = stages
    assert main(validate) == 0
    alone, scores = printed_scores(capsys.readouterr().out), printed_scores(said)
    assert alone.keys() >= {"val/perplexity", "val/backward_perplexity"}
    for name, value in alone.items():
        assert float(scores[name]) == pytest.approx(float(value), rel=1e-5), name


def test_torchrun_draws_the_data_once_and_trains(small_run, tmp_path):
    files = [word for word in small_run("fit", tmp_path) if not word.startswith("--data")]
    scenes = ["--data=ScenesDataModule", f"--data.folder={tmp_path}/scenes"]
    sizes = ["--data.train_size=4", "--data.val_size=2", "--data.test_size=2"]
    cache = [f"--data.cache_dir={tmp_path}/cache", "--data.num_workers=0"]
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    short = ("--trainer.max_epochs=1", "--name=run")
    done = launch(*torchrun, "-m", "captioner", *files, *scenes, *sizes, *cache, *TWO, *short)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Best checkpoint") == 1
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["version_0"]
    # A bar prints its start once, but its end once or twice, as the clock has it.
    assert done.stderr.count("drawing scenes:   0%") == 1


def test_torchrun_is_told_once_what_all_processes_find(small_run, tmp_path):
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    command = small_run("fit", tmp_path, *TWO, "--data.batch_size=0")
    done = launch(*torchrun, "-m", "captioner", *command)
    assert done.returncode == 1
    assert sentences(done.stderr) == ["captioner: data.batch_size: expected at least 1, found 0"]


def test_a_broken_picture_ends_both_with_one_sentence(small_run, colours, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(colours / "images", images)
    (images / "train_5.png").write_bytes(b"no picture")
    pixels = ("--data.cache_tokens=false", f"--data.images={images}", "--data.max_broken=0")
    done = launch("-m", "captioner", *small_run("fit", tmp_path, *TWO, *pixels))
    assert done.returncode == 2, done.stderr
    (sentence,) = sentences(done.stderr)
    assert "train_5.png: expected a picture" in sentence
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork"])
def test_processes_that_copy_a_running_one_are_refused(strategy, small_run, tmp_path, capsys):
    settings = ("--trainer.devices=2", f"--trainer.strategy={strategy}")
    assert main(small_run("fit", tmp_path, *settings)) == 2
    assert "trainer.strategy: expected one that starts each process" in capsys.readouterr().err


def test_one_process_that_is_told_to_end_ends_both(small_run, tmp_path):
    told = {"hook": "on_train_batch_start", "call": 3, "rank": 1}
    callback = [f"--trainer.callbacks.{name}={value}" for name, value in told.items()]
    settings = (*TWO, "--data.batch_size=2", "--trainer.callbacks=told_at.ToldAt", *callback)
    command = small_run("fit", tmp_path, *settings, "--name=told", "--trainer.max_epochs=1")
    (tmp_path / "commands.json").write_text(json.dumps([command]))
    done = launch(Path(__file__).with_name("run_all.py"), tmp_path / "commands.json")
    assert done.returncode == 143, done.stderr
    (sentence,) = sentences(done.stderr)
    assert sentence.startswith("captioner: ended by SIGTERM; python -m captioner fit ")
    last = tmp_path / "told" / "version_0" / "checkpoints" / "last.ckpt"
    assert sentence.endswith("checkpoints/last.ckpt goes on")
    assert torch.load(last, weights_only=True)["global_step"] == 3
