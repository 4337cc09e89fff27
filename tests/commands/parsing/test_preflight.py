"""What is known of settings before their classes are: the parser of a run agrees."""

import inspect

import pytest
from jsonargparse import ArgumentParser
from lightning.pytorch import Trainer

from captioner.captioners import CAPTIONERS
from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.error_messages import to_captioner_error
from captioner.commands.lightning_cli.known_classes import DATA_MODULES
from captioner.commands.parsing.arguments import option_names
from captioner.commands.parsing.config_files import resolve_config_files
from captioner.commands.parsing.constructor_arguments import constructor_arguments
from captioner.commands.parsing.preflight import CLASS_GROUPS, LIGHTNING_NAMES, preflight_check
from captioner.commands.runs.run_settings import (
    add_inspect_settings,
    add_rerank_settings,
    add_run_settings,
    add_shard_settings,
    add_tune_settings,
)
from captioner.commands.work.inspect import InspectCLI
from captioner.commands.work.shard import ShardCLI
from captioner.commands.work.tune import TuneCLI
from captioner.errors import CaptionerError
from captioner.language_models.bi_language_model import BiLanguageModel
from captioner.shipped_configs import shipped_configs

MODELS = (*CAPTIONERS.values(), BiLanguageModel)
EVALUATES = (add_run_settings, add_rerank_settings)


def check(*argv, checkpoints=("ckpt_path", "init_from")):
    preflight_check(argv, add_run_settings, checkpoints=checkpoints)


def refusal(*argv, **settings):
    with pytest.raises(CaptionerError) as caught:
        check(*argv, **settings)
    return str(caught.value)


def refusal_of_parser(*argv):
    """Return the sentence that follows from what the parser of a run raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        CaptionerCLI(resolve_config_files(argv))
    return str(to_captioner_error(caught.value))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("--nonsense", ""),
        ("--nonsense=3", ""),
        ("--serch.beams=3", "--search.beams"),
        ("--search.beems=3", "--search.beams"),
        ("--search.forbidden_words+=[a]", "--search.forbidden_words"),
        ("--search.length=long", ""),
        ("--patience=abc", ""),
        ("--patience", ""),
        ("--extend_vocabulary --patience=3", ""),
        ("--trainer.max_epoch 3", "--trainer.max_epochs"),
        ("--trainer.max_epoch=3", "--trainer.max_epochs"),
        ("--model.hiden_size 3", "hidden_size"),
        ("--model.init_args.heads=3", ""),
        ("--data.bach_size=3", "batch_size"),
        ("--ckpt_path=none.ckpt", ""),
        ("--init_from none.ckpt", ""),
        ("--config=none.yaml", ""),
        ("--data.batch_size=abc", ""),
        ("--data.batch_size 1.5", ""),
        ("--data.limit=some", ""),
        ("--model.dropout=high", ""),
        ("--model.attention=perhaps", ""),
        ("--trainer.max_epochs=x", ""),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_parser(wrong, hint, tmp_path):
    argv = ["fit", "--config", "lstm", f"--runs_dir={tmp_path}", *wrong.split()]
    told = refusal_of_parser(*argv)
    assert refusal(*argv) == (f"{told}; near it is {hint}" if hint else told)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("patiense: 3", "patience"),
        ("patiense: {a: {b: 3}}", ""),
        ("on: 3", ""),
        ("3: 3", ""),
        ("fit: {patience: 3}", "patience"),
        ("search: {beems: 3}", "search.beams"),
        ("search.beems: 3", "search.beams"),
        ("serch: {beams: 3}", "search.beams"),
        ("rerank: {bilm: a}", ""),
        ("trainer: {max_epoch: 3}", "trainer.max_epochs"),
        ("trainer.max_epoch: 3", "trainer.max_epochs"),
        ("data: {init_args: {bach_size: 3}}", "batch_size"),
        ("data: {bach_size: 3}", "batch_size"),
        ("data: {class_path: CocoDataModule, init_args: {folder: a}}", ""),
        ("model: {init_args: {hiden_size: 3}}", "hidden_size"),
        ("model: {class_path: TransformerCaptioner, init_args: {hiden_size: 3}}", ""),
        ("model: {init_args: {hiden_size: 3, class_path: a}}", "hidden_size"),
    ],
)
def test_a_wrong_name_in_a_file_is_told_in_the_words_of_the_parser(text, hint, tmp_path):
    (tmp_path / "own.yaml").write_text(text)
    argv = ["fit", "--config=lstm", f"--config={tmp_path}/own.yaml"]
    told = refusal_of_parser(*argv)
    assert refusal(*argv) == (f"{told}; near it is {hint}" if hint else told)


@pytest.mark.parametrize(
    "text",
    [
        "data: {class_path: my.Data, init_args: {anything: 3}}",
        "data.bach_size: 3\nmodel.init_args.hiden_size: 3",
        "data: {dict_kwargs: {anything: 3}}",
        "data: {init_args: {augment: {anything: 3}}}",
        "model: {init_args: null}\ndata: null",
        "model: {hidden_size: 3}",
        "model: {class_path: TransformerCaptioner, init_args: {heads: 4}}",
        "model: TransformerCaptioner",
        "trainer: {logger: {class_path: my.Logger, init_args: {anything: 3}}}",
        "trainer: my.yaml",
        "search: {forbidden_words: [on, no]}\nckpt_path: null\nseed_everything: true",
        "search: null",
        "<<: {patience: 3}",
    ],
)
def test_other_names_in_a_file_are_left_to_the_parser(text, tmp_path):
    (tmp_path / "own.yaml").write_text(text)
    check("fit", "--config=lstm", f"--config={tmp_path}/own.yaml")


def test_a_class_that_is_named_later_has_a_say(tmp_path):
    (tmp_path / "own.yaml").write_text("model: {init_args: {heads: 4}}")
    argv = ["fit", "--config=lstm", f"--config={tmp_path}/own.yaml"]
    assert "the unknown 'heads'" in refusal(*argv)
    check(*argv, "--model=TransformerCaptioner")


@pytest.mark.parametrize(
    "name", [name for name in shipped_configs() if not name.startswith("compare/")]
)
def test_shipped_configurations_have_no_wrong_name(name):
    check("fit", f"--config={name}")


@pytest.mark.parametrize("wrong", ["--rerank.bilm=a", "--bilm=a", "--show=3"])
def test_each_command_has_settings_of_its_own(wrong):
    assert "expected a known setting" in refusal("fit", wrong)
    added = (*EVALUATES, add_tune_settings, add_inspect_settings)
    preflight_check(["validate", wrong], *added, checkpoints=())


@pytest.mark.parametrize(
    ("cli", "command", "added"),
    [
        (CaptionerCLI, "fit", (add_run_settings,)),
        (CaptionerCLI, "validate", EVALUATES),
        (CaptionerCLI, "test", EVALUATES),
        (TuneCLI, "validate", (*EVALUATES, add_tune_settings)),
        (InspectCLI, "fit", (add_run_settings, add_inspect_settings)),
        (ShardCLI, "fit", (add_run_settings, add_shard_settings)),
    ],
)
def test_every_name_of_a_parser_is_known(cli, command, added, monkeypatch):
    seen = set()
    monkeypatch.setattr(
        cli,
        "parse_arguments",
        lambda self, *_: seen.update(option_names(self._subcommand_parsers[command])),
    )
    with pytest.raises(AttributeError):  # nothing has been parsed
        cli([command])
    light = ArgumentParser()
    for add in added:
        add(light)
    of_trainer = constructor_arguments("trainer", "")
    assert of_trainer is not None
    trainer = {f"trainer.{name}" for name in of_trainer}
    seen = {name for name in seen if not name.endswith(".help")}
    assert seen == {*option_names(light), *LIGHTNING_NAMES, *CLASS_GROUPS, *trainer}


def test_the_trainers_settings_are_read_from_its_source():
    assert constructor_arguments("trainer", "") == inspect.signature(Trainer).parameters.keys()


@pytest.mark.parametrize("kind", [*MODELS, *DATA_MODULES], ids=lambda kind: kind.__name__)
def test_settings_of_classes_are_read_from_their_source(kind):
    parser = ArgumentParser()
    parser.add_class_arguments(kind, "it", fail_untyped=False)
    real = {name.split(".")[1] for name in option_names(parser) if name.startswith("it.")}
    part = "model" if kind in MODELS else "data"
    found = constructor_arguments(part, kind.__name__)
    assert found == constructor_arguments(part, f"{kind.__module__}.{kind.__name__}")
    assert found is not None
    if kind.__name__.startswith("Scenes"):  # which sets arguments of the class it is made from
        assert found > real > {"folder"}
    else:
        assert found == real


@pytest.mark.parametrize("name", ["GRUCaptioner", "my.LSTMCaptioner", "no such thing", "Any"])
def test_classes_of_others_are_not_known(name):
    assert constructor_arguments("model", name) is None


@pytest.mark.parametrize(
    "argv",
    [
        "--model=my.Captioner --model.anything=3",
        "--model=LSTMCaptioner --model=my.Captioner --model.anything=3",
        "--model.anything=3",
        "--config=own.yaml --data.anything=3",
        "--config=dotted.yaml --data=CocoDataModule --data.anything=3",
        "--config=lstm --model.class_path=TransformerCaptioner --model.heads=3",
        "--config=lstm --model.dict_kwargs.anything=3",
        "--config=lstm --model.self_critical.anything=3",
        "--trainer.logger.anything=3",
        "--trainer.callbacks+=my.Callback",
        "--trainer=trainer.yaml",
        "--seed_everything=anything",
        "--nonsense --help",
        "--model.help=LSTMCaptioner --nonsense",
        "-x",
        "word",
        "-- --nonsense",
        "--ckpt_path=null",
        "--ckpt_path=~ --init_from=none.ckpt",
        "--ckpt_path=",
        "--ckpt_path=none.ckpt --ckpt_path=there.ckpt",
        "--ckpt_path=there.ckpt --init_from=none.ckpt",
        "--ckpt_path=none.ckpt --config=own.yaml",
        "--ckpt_path=none.ckpt --print_config",
    ],
)
def test_what_is_not_known_for_sure_is_left_to_the_parser(argv, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text("data:\n  class_path: my.Data\nckpt_path: there.ckpt\n")
    (tmp_path / "dotted.yaml").write_text("data.class_path: my.Data\n")
    (tmp_path / "there.ckpt").touch()
    check("fit", *argv.split())


@pytest.mark.parametrize("variable", ["RANK", "LOCAL_RANK", "SLURM_PROCID"])
def test_of_several_processes_the_first_one_speaks(variable, monkeypatch):
    monkeypatch.setenv(variable, "1")
    check("fit", "--nonsense", "--config=none.yaml")
    monkeypatch.setenv(variable, "0")
    assert "--nonsense" in refusal("fit", "--nonsense")


def test_a_folder_is_no_checkpoint(tmp_path):
    expected = f"{tmp_path}: expected a checkpoint file, found a folder"
    assert refusal("fit", f"--ckpt_path={tmp_path}") == expected


@pytest.mark.parametrize(
    "right",
    [
        "--data.batch_size=8",
        "--data.limit=null",
        "--data.limit=3",
        "--model.dropout=1e-1",
        "--model.attention=false",
        "--model.init_args.dropout=0.5",
        "--trainer.max_epochs=null",
        "--trainer.max_steps 7",
        "--trainer.gradient_clip_val=1",
        "--data.batch_size=8 --data.batch_size=9",
    ],
)
def test_values_of_the_right_type_pass(right):
    check("fit", "--config=lstm", *right.split())
