"""Every shipped YAML is parsed and built: captioner, data, trainer."""

import re
from pathlib import Path

import pytest
import yaml

from captioner.commands.compare import compare_parser
from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.parse_only import parse_settings
from captioner.commands.parsing.arguments import parse_arguments
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.work.planned_models import planned_models
from captioner.comparison.planning.conditions import check_conditions
from captioner.comparison.planning.plan import to_arguments
from captioner.language_models import BiLMOptions
from captioner.text import Vocabulary
from captioner.training.checkpointed_module import CheckpointedModule

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]
BLOCKS = sorted((ROOT / "configs" / "data").glob("*.yaml"))  # given behind another config
PLANS = sorted((ROOT / "configs" / "compare").glob("*.yaml"))  # of several fits
EVERY = [
    path for path in sorted((ROOT / "configs").rglob("*.yaml")) if path not in [*BLOCKS, *PLANS]
]
RECIPES = sorted((ROOT / "configs" / "recipes").glob("*.yaml"))  # given behind another config
CONFIGS = [path for path in EVERY if path not in RECIPES]
SCENES = [f"--data.{part}_size=4" for part in ("train", "val", "test")]


def small_data(kind, colours, folder):
    """Return settings that replace the data of a config by a few pictures or sentences."""
    captions = f"{colours}/annotations/captions_"
    texts = [folder / f"more_{n}.txt" for n in range(2)]
    for text in texts:
        text.write_text("A brown picture.\n")
    return {
        "ScenesDataModule": [f"--data.folder={folder}/scenes", *SCENES],
        "ScenesTextDataModule": [f"--data.folder={folder}/scenes", *SCENES],
        "CocoDataModule": [
            f"--data.train_annotations={captions}train.json",
            f"--data.test_annotations={captions}test.json",
            f"--data.images={colours}/images",
            "--data.holdout=4",
        ],
        "TextDataModule": [
            f"--data.train_text=[{captions}train.json,{texts[0]},{texts[1]}]",
            f"--data.val_text={captions}val.json",
            "--data.holdout=4",
        ],
    }[kind]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_builds(path, colours, tmp_path, monkeypatch):
    monkeypatch.setattr("lightning.pytorch.Trainer.fit", lambda *_, **__: None)
    settings = yaml.safe_load(path.read_text())
    small = small_data(settings["data"]["class_path"], colours, tmp_path)
    small += ["--init_from=null"] if "init_from" in settings else []  # no run has made it here
    if "bilm" in settings["model"].get("init_args", {}):  # likewise
        options = tmp_path / "options.json"
        options.write_text(BiLMOptions(projection_size=12, cell_size=16).to_json())
        small.append(f"--model.bilm={options}")
    cli = CaptionerCLI(["fit", f"--config={path}", "--trainer.accelerator=cpu", *small])
    assert isinstance(cli.model, CheckpointedModule)
    assert type(cli.model).__name__ == settings["model"]["class_path"]
    assert cli.model.model.vocabulary == cli.datamodule.vocabulary
    assert cli.trainer.max_epochs == settings["trainer"]["max_epochs"]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_plans_are_fair(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = parse_arguments(compare_parser(), [f"--config={path}"])
    models = planned_models("models", plan.models)
    parsed, everyone = {}, models | planned_models("controls", plan.controls)
    for name, model in everyone.items():
        own = to_arguments(plan.settings | model.settings)
        parsed[name] = parse_settings(["fit", f"--config={model.config}", *own])
    check_conditions(parsed)
    assert len(models) > 1
    for name, model in everyone.items():
        if (first := model.pretraining) is None:
            continue
        before = parse_settings(["fit", f"--config={first.config}", *to_arguments(first.settings)])
        read, reads = before.data.init_args, parsed[name].data.init_args
        # On the captions that the captioner is trained on, and no others.
        for key in ("train_size", "val_size", "test_size", "folder", "holdout", "min_count"):
            assert read.get(key) == reads.get(key), (name, key)
        text = read.get("train_text")
        if model.note:  # which says what else it reads
            text = text[0]
        assert text == reads.get("train_annotations")


@pytest.mark.parametrize("base", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipes_change_what_they_name_and_nothing_else(path, base, capsys):
    def settings(*files):
        with pytest.raises(SystemExit):
            CaptionerCLI(["fit", *(f"--config={file}" for file in files), "--print_config"])
        return yaml.safe_load(capsys.readouterr().out)

    def merged(old, new):
        if not isinstance(old, dict):
            return new
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}

    plain = settings(base)
    recipe = yaml.safe_load(path.read_text())
    assert settings(base, path) == merged(plain, recipe) != plain


@pytest.mark.parametrize("path", EVERY, ids=lambda path: str(path.relative_to(ROOT)))
def test_opens_with_command_time_and_score(path):
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    text = " ".join(header)
    before = r"--config \S+ " if path in RECIPES else ""
    assert re.search(f"python -m captioner fit {before}--config {named(path)}( |$)", text)
    assert "CIDEr" in text or "perplexity" in text
    assert "minutes" in text


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_plans_open_with_command_time_and_scores(path):
    text = " ".join(headers(path))
    assert f"python -m captioner compare --config {named(path)} " in text
    assert re.search(r"CIDEr 0\.\d{3}|CIDEr 1\.\d{3}", text)
    assert re.search(r"\d+ (CPU )?minutes", text)


def named(path):
    return path.relative_to(ROOT / "configs").with_suffix("").as_posix()


def headers(path):
    return [line.strip("# ") for line in path.read_text().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("path", BLOCKS, ids=lambda path: path.name)
def test_data_blocks_open_with_the_command_that_reads_them(path, trained, tmp_path, monkeypatch):
    """Parsed and built behind the config that the command names; the files need not be there."""
    built = {}

    def keep(cli):
        built["data"] = cli.config_init[cli.subcommand].data

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CaptionerCLI, "vocabulary_for", lambda *_: Vocabulary(["dog"]))
    monkeypatch.setattr(CaptionerCLI, "_run_subcommand", lambda cli, _: keep(cli))
    text = " ".join(headers(path)).replace("\\ ", "")
    command = re.search(
        rf"python -m captioner ((fit|test) --config \S+ --config {named(path)})( |$)", text
    )
    assert command, text
    checkpoint = [f"--ckpt_path={trained}"] if command[2] == "test" else []
    arguments = resolve_config_files(command[1].split())
    CaptionerCLI([*arguments, "--trainer.accelerator=cpu", *checkpoint])
    block = yaml.safe_load(path.read_text())
    assert list(block) == ["data"]
    assert type(built["data"]).__name__ == block["data"]["class_path"]
    for key, value in block["data"]["init_args"].items():
        assert getattr(built["data"], key) == value
