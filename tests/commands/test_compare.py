"""``compare``: from a plan to a report, and what happens when something is in the way."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from captioner.__main__ import main
from captioner.commands.compare import compare_parser
from captioner.commands.parsing.arguments import parse_arguments
from captioner.commands.work.compare_plan import make_plan
from captioner.comparison.running.lock import locked
from captioner.models.search_settings import SearchSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def config(small_run, tmp_path):
    """Return a function that writes the config of a small captioner, and names it."""

    def write(name: str, **settings: object) -> str:
        words = small_run("fit", tmp_path)[1:]
        own = dict(word.removeprefix("--").split("=", 1) for word in words)
        own.pop("runs_dir")
        content: dict[str, Any] = {}
        for key, value in {**own, "trainer.max_epochs": 1, **settings}.items():
            *path, last = key.split(".")
            place = content
            for step in path:
                named = place.get(step, {})
                place[step] = {"class_path": named} if isinstance(named, str) else named
                inner = place[step]
                place = inner.setdefault("init_args", {}) if "class_path" in inner else inner
            place[last] = yaml.safe_load(value) if isinstance(value, str) else value
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(content))
        return str(file)

    return write


@pytest.fixture
def compare(tmp_path, capfd):
    """Return a function that compares captioners; it gives the exit code and what was printed."""

    def run(models: dict[str, object], *arguments: str, **more: object) -> tuple[int, str, str]:
        file = tmp_path / "compare.yaml"
        plan = {"models": models, "seeds": [3], "out": str(tmp_path / "out"), **more}
        file.write_text(yaml.safe_dump(plan))
        code = main(["compare", f"--config={file}", *arguments])
        return code, *capfd.readouterr()

    return run


def test_what_can_be_compared_is_compared_though_one_diverges(config, compare, tmp_path):
    good = {"config": config("good")}
    wild = {"config": config("good"), "settings": {"model.learning_rate": 1e30}}
    wild["settings"] |= {"model.warmup_steps": 0, "trainer.log_every_n_steps": 1}
    blind = {"config": good["config"], "settings": {"trainer.callbacks+": "BlindControl"}}
    code, printed, said = compare({"good": good, "wild": wild}, controls={"blind": blind})
    assert code == 1
    assert "wild, training of seed 3 failed: train/loss: expected a finite number" in said
    assert "report.html" in printed
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [model["name"] for model in results["models"]] == ["good"]
    assert results["models"][0]["runs"][0]["seed"] == 3
    assert any("wild, training of seed 3 failed" in note for note in results["notes"])
    assert [control["name"] for control in results["controls"]] == ["blind"]
    assert "blind (control)" in printed
    log = tmp_path / "out" / "runs" / "blind" / "seed_3" / "version_0" / "config.yaml"
    assert "BlindControl" in log.read_text()
    assert results["intervals_cover"] == "images only"
    run = tmp_path / "out" / "runs" / "good" / "seed_3"
    trained = (run / "version_0" / "checkpoints" / "best.ckpt").stat().st_mtime_ns
    # What is finished is not done again; the report is.
    (tmp_path / "out" / "report.html").unlink()
    assert compare({"good": good})[0] == 0
    assert (tmp_path / "out" / "report.html").is_file()
    assert (run / "version_0" / "checkpoints" / "best.ckpt").stat().st_mtime_ns == trained
    best = str(run / "version_0" / "checkpoints" / "best.ckpt")
    code, _, said = compare({"good": good}, "--ckpt_paths", best)  # with the plan's own out
    assert code == 2
    assert f"found {tmp_path / 'out'}, where captioners were trained" in said
    code, _, said = compare({"wild": wild})  # and nothing else
    assert code == 2
    assert "models: expected one that can be tested; wild, training of seed 3 failed: " in said


def test_other_lengths_are_trained_tested_and_reported(config, compare, tmp_path):
    good = {"config": config("good"), "settings": {"trainer.max_epochs": 2}}
    good |= {"shares": [0.5], "tried": 2, "tuned_on": "held-out training images"}
    other = {"config": config("good"), "settings": {"model.learning_rate": 1e-3}}
    other["settings"] |= good["settings"]
    code, _, said = compare({"good": good, "other": other}, equal_time=True)
    assert code == 0, said
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    timed, half = results["arms"]
    assert (timed["name"], half["name"]) == ("equal time", "50 % of the steps")
    assert timed["scores"].keys() == half["scores"].keys() == {"good", "other"}
    # 16 images in batches of 4, twice: 8 steps
    assert half["steps"] == {"good": 4}
    assert max(timed["steps"].values()) == 8
    assert {each["seeds"] for each in (*timed["differences"], *half["differences"])} == {1}
    assert results["recipes"]["good"] == {
        "model.learning_rate": "0.005",
        "settings tried": "2",
        "chosen on": "held-out training images",
    }
    assert results["recipes"]["other"]["settings tried"] == "not stated"
    page = (tmp_path / "out" / "report.md").read_text()
    assert "Other lengths of training" in page
    assert "nothing is said of the captioners" in page


@pytest.fixture
def results(colours, tmp_path):
    """Return a function that writes the captions of another system for the test images."""

    def write(name: str, captions: dict[int, str] | None = None, **more: str) -> Path:
        file = colours / "annotations" / "captions_test.json"
        ids = [image["id"] for image in json.loads(file.read_text())["images"]]
        said = dict.fromkeys(ids, "A red picture.") if captions is None else captions
        rows = [{"image_id": image, "caption": text} for image, text in said.items()]
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(rows))
        return path

    return write


def test_other_systems_are_compared_by_their_captions(config, compare, trained, results, tmp_path):
    models = {"own": {"config": config("own")}}
    captions = {"BLIP": [str(results("a")), str(results("b"))], "person": str(results("c"))}
    code, printed, said = compare(models, f"--ckpt_paths={trained}", captions=captions)
    assert code == 0, said
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    own, blip, person = found["models"]
    assert (blip["name"], blip["captioner"], blip["inference"]) == ("BLIP", "", None)
    assert [run["checkpoint"] for run in blip["runs"]] == captions["BLIP"]
    assert blip["scores"]["CIDEr"] == person["scores"]["CIDEr"]
    assert own["inference"] is not None
    pairs = {(each["first"], each["second"]) for each in found["differences"]}
    assert len(pairs) == 3
    assert "captions of 2 files" in (tmp_path / "out" / "report.md").read_text()
    assert "person" in printed
    code, printed, said = compare(models, "--power")  # of what is there, without a training
    assert code == 0, said
    assert "Differences that can be found: 8 test images, 1 or 2 seeds" in printed
    assert printed.count("BLIP - person") == 2  # CIDEr and BLEU-4


def test_images_without_a_caption_are_refused_or_left_out_for_all(
    config, compare, trained, results, tmp_path
):
    some = results("some", {200: "A red picture.", 201: " ", 202: "A blue one.", 9: "Another."})
    models, given = {"own": {"config": config("own")}}, f"--ckpt_paths={trained}"
    code, _, said = compare(models, given, "--captions", f"BLIP={some}")
    assert code == 2
    assert said == (
        f"captioner: {some}: expected one caption of each of the 8 test images, found 5 images"
        " without a caption, 1 with an empty one, 1 captions of other images;"
        " --exclude_images true compares all on the others\n"
    )
    assert not (tmp_path / "out").exists()
    code, _, said = compare(models, given, f"--captions=BLIP={some}", "--exclude_images=true")
    assert code == 0, said
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["facts"]["images"] == "2 test"
    assert any(note.startswith("6 of 8 test images are left out") for note in found["notes"])


def test_a_results_file_that_is_none_is_one_sentence(config, compare, trained, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("[{")
    models = {"own": {"config": config("own")}}
    code, _, said = compare(models, f"--ckpt_paths={trained}", "--captions", f"BLIP={broken}")
    assert code == 2
    assert said.startswith(f"captioner: {broken}: line 1: expected a JSON list")
    assert said.count("\n") == 1
    code, _, said = compare(models, f"--ckpt_paths={trained}", captions={"OWN": str(broken)})
    assert code == 2
    assert "expected another name than 'own', found 'OWN'" in said


def test_checkpoints_are_compared_as_they_are(config, compare, trained, tmp_path):
    before = sorted(trained.parents[1].rglob("*"))
    paths = ("--ckpt_paths", str(trained), str(trained.with_name("last.ckpt")))
    code, _, said = compare({"any": {"config": config("good")}}, *paths)
    assert code == 0, said
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [model["name"] for model in results["models"]] == ["trained", "trained-2"]
    assert [run["seed"] for model in results["models"] for run in model["runs"]] == [None, None]
    assert sorted(trained.parents[1].rglob("*")) == before
    # The conditions are those of the checkpoints, not those of the plan.
    assert not {"budget", "precision"} & results["facts"].keys()
    assert "images" in results["facts"]["training data"]
    assert results["facts"]["training precision"] == "32-true"
    assert results["facts"]["precision of the tests"] == "32-true"
    assert any("Nothing was trained for this comparison" in note for note in results["notes"])
    report = (tmp_path / "out" / "report.html").read_bytes()
    code, _, said = compare({"any": {"config": config("good")}})
    assert code == 2
    assert f"found {tmp_path / 'out'}, where given checkpoints were compared" in said
    assert (tmp_path / "out" / "report.html").read_bytes() == report


def test_an_interrupted_comparison_says_so_and_can_go_on(config, tmp_path):
    plan = {"models": {"good": {"config": config("good")}}, "out": str(tmp_path / "out")}
    (tmp_path / "compare.yaml").write_text(yaml.safe_dump(plan))
    command = [sys.executable, "-m", "captioner", "compare", f"--config={tmp_path}/compare.yaml"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "out" / "runs" / "good" / "seed_0" / "log.txt"
    while not log.exists():
        assert started.poll() is None, started.communicate()
        time.sleep(0.05)
    started.send_signal(signal.SIGTERM)
    _, said = started.communicate()
    assert started.returncode == 143
    again = shlex.join(["python", *command[1:]])
    assert said.splitlines()[-1] == f"captioner: ended by SIGTERM; {again} goes on"
    with locked(tmp_path / "out"):  # no process is left behind
        pass


@pytest.mark.parametrize(("fast", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_all_are_trained_and_tested_in_one_precision(config, fast, expected, monkeypatch, tmp_path):
    """Each command is told, so that one that is run on another machine later is no exception."""
    monkeypatch.setattr(
        "captioner.commands.lightning_cli.precision.has_fast_bfloat16", lambda device: fast
    )
    names = ("one", "two")
    models = {name: {"config": config(name, **{"trainer.precision": None})} for name in names}
    plan = {"models": models, "controls": {"blind": models["one"]}, "out": str(tmp_path / "out")}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    settings = parse_arguments(compare_parser(), [f"--config={tmp_path}/plan.yaml"])
    found = make_plan(settings, SearchSettings(), workers=1)
    assert {task.command for task in found.tasks} == {"fit", "test"}
    assert {task.settings["trainer.precision"] for task in found.tasks} == {expected}
    assert found.facts["precision"] == expected
    found.tasks[0].start()
    # A machine of the other kind goes on with it as it was begun, before anything is finished.
    monkeypatch.setattr(
        "captioner.commands.lightning_cli.precision.has_fast_bfloat16", lambda device: not fast
    )
    again = make_plan(settings, SearchSettings(), workers=1)
    assert {task.settings["trainer.precision"] for task in again.tasks} == {expected}
    assert again.facts["precision"] == expected
    for task in again.tasks:
        task.check()


@pytest.mark.parametrize("own", [None, "64-true"])
def test_what_is_trained_beforehand_is_told_the_precision_that_it_leaves_open(
    config, own, small_bilm, monkeypatch, tmp_path
):
    monkeypatch.setattr(
        "captioner.commands.lightning_cli.precision.has_fast_bfloat16", lambda device: True
    )
    words = [word for word in small_bilm("fit", tmp_path)[1:] if "precision" not in word]
    bilm = dict(word.removeprefix("--").split("=", 1) for word in words)
    model, data = bilm.pop("model"), bilm.pop("data")
    content = {"model": {"class_path": model}, "data": {"class_path": data}}
    (tmp_path / "bilm.yaml").write_text(yaml.safe_dump(content | {"trainer": {"precision": own}}))
    del bilm["runs_dir"], bilm["name"]
    of_bilm = {name: yaml.safe_load(value) for name, value in bilm.items()}
    bilm_file = str(tmp_path / "bilm.yaml")
    first = {"config": bilm_file, "used_as": "init_from", "settings": of_bilm}
    one = {"config": config("one", **{"trainer.precision": None}), "pretraining": first}
    plan = {"models": {"one": one | {"note": "more"}}, "out": str(tmp_path / "out")}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
    settings = parse_arguments(compare_parser(), [f"--config={tmp_path}/plan.yaml"])
    tasks = make_plan(settings, SearchSettings(), workers=1).tasks
    assert [task.is_pretraining for task in tasks[:2]] == [True, False]
    assert tasks[0].settings.get("trainer.precision") == (None if own else "bf16-mixed")
    assert tasks[1].settings["trainer.precision"] == "bf16-mixed"


@pytest.mark.parametrize("fast", [True, False])
def test_given_checkpoints_are_tested_in_what_they_were_trained_in(
    config, fast, trained, monkeypatch, tmp_path
):
    monkeypatch.setattr(
        "captioner.commands.lightning_cli.precision.has_fast_bfloat16", lambda device: fast
    )
    other = torch.load(trained, weights_only=True)
    other["captioner"]["about"]["precision"] = "bf16-mixed"
    torch.save(other, tmp_path / "other.ckpt")
    model = {"config": config("one", **{"trainer.precision": None})}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump({"models": {"one": model}}))
    for paths, expected in (
        ([trained, trained], "32-true"),
        ([tmp_path / "other.ckpt"], "bf16-mixed"),
        ([trained, tmp_path / "other.ckpt"], "32-true"),
    ):
        arguments = [f"--config={tmp_path}/plan.yaml", "--ckpt_paths", *map(str, paths)]
        settings = parse_arguments(compare_parser(), arguments)
        found = make_plan(settings, SearchSettings(), workers=1)
        assert {task.settings["trainer.precision"] for task in found.tasks} == {expected}
        assert found.facts["precision of the tests"] == expected


def test_other_conditions_are_refused_before_anything_is_trained(config, compare, tmp_path):
    models = {"one": {"config": config("one")}}
    models["two"] = {"config": config("two", **{"model.image_size": 96})}
    code, _, said = compare(models)
    assert code == 2
    assert "model.image_size: expected the same for all captioners of a comparison" in said
    assert "found 64 for one and 96 for two" in said
    models["two"] = {"config": models["one"]["config"], "settings": {"data.limit": 4}}
    assert "data.limit: expected the same" in compare(models)[2]
    two = {"two": models.pop("two")}
    assert "data.limit: expected the same" in compare(models, controls=two)[2]
    limit = compare(models, controls={}, settings={"data.limit": 1})[2]
    assert "test images: expected at least 2 to compare captioners on, found 1" in limit
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.parametrize("tasks", [None, "2"])
@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("trainer.accumulate_grad_batches", 0, "expected a number from 1, found 0"),
        ("trainer.callbacks", [{"class_path": "SpikeDetection"}], "expected callbacks that can"),
    ],
)
def test_a_trainer_that_cannot_work_is_found_before_anything_is_trained(
    setting, value, found, tasks, config, compare, tmp_path, monkeypatch
):
    if tasks:  # of a job of SLURM, which are none of those that are started here
        monkeypatch.setenv("SLURM_NTASKS", tasks)
    good = {"config": config("good")}
    code, _, said = compare({"good": good, "wrong": {**good, "settings": {setting: value}}})
    assert (code, f"captioner: wrong: {setting}: {found}" in said) == (2, True)
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.parametrize(
    ("models", "arguments", "sentence"),
    [
        ({}, (), "models: expected at least one captioner to compare, found none"),
        ({"x": {"config": "none.yaml"}}, (), "none.yaml: expected a YAML file, found none"),
        ({"x": {"file": "x.yaml"}}, (), "models.x.file: expected a known setting"),
        ({"../x": {"config": "CONFIG"}}, (), "models: expected names that folders can have"),
        ({"x": {"config": "CONFIG"}}, ("--ckpt_paths", "no.ckpt"), "no.ckpt: expected"),
        ({"x": {"config": "CONFIG"}}, ("--seeds=[-1]",), "seeds: expected a whole number"),
        ({"x": {"config": "CONFIG"}}, ("--seeds=[1,1]",), "seeds: expected every seed once"),
        ({"x": {"config": "CONFIG"}}, ("--out=",), "out: expected the name of a folder"),
    ],
    ids=[
        "nothing",
        "no config",
        "unknown key",
        "path",
        "no checkpoint",
        "seed",
        "seeds",
        "out",
    ],
)
def test_mistakes_are_one_sentence(config, compare, models, arguments, sentence):
    for model in models.values():
        model |= {"config": config("good")} if model.get("config") == "CONFIG" else {}
    code, _, said = compare(models, *arguments)
    assert code == 2
    assert sentence in said
    assert "Traceback" not in said


def test_checkpoints_of_other_words_are_not_compared(config, compare, trained, small_run, tmp_path):
    other = small_run("fit", tmp_path / "runs", "--data.min_count=20", "--name=other")
    assert main([*other, "--trainer.max_epochs=1"]) == 0
    checkpoint = tmp_path / "runs" / "other" / "version_0" / "checkpoints" / "best.ckpt"
    paths = ("--ckpt_paths", str(trained), str(checkpoint))
    code, _, said = compare({"any": {"config": config("good")}}, *paths)
    assert code == 2
    assert f"{checkpoint}: expected the vocabulary of {trained} (" in said
