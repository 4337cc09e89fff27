"""Search settings reach every command, and what the user names wins."""

import json
from dataclasses import fields

import pytest
import torch
from lightning.pytorch import Trainer

from captioner.__main__ import main
from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.lightning_cli.parse_only import parse_settings
from captioner.errors import CaptionerError
from captioner.models import generation
from captioner.models.search_settings import SearchSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def used(monkeypatch):
    """Return the settings of every search that takes place."""
    settings = []

    search = generation.search_captions

    def search_captions(decoders, memories, vocabulary, asked, images):
        settings.append(asked)
        return search(decoders, memories, vocabulary, asked, images)

    monkeypatch.setattr("captioner.models.generation.search_captions", search_captions)
    return settings


def test_fitting_validates_greedily(small_run, tmp_path, used):
    assert main([*small_run("fit", tmp_path), "--trainer.max_epochs=1"]) == 0
    assert set(map(str, used)) == {"greedy search"}


def test_validation_is_greedy_and_test_has_five_beams(trained, small_run, tmp_path, used, capsys):
    for command, search in (("validate", "Greedy search"), ("test", "Beam search with 5 beams")):
        used.clear()
        assert main([*small_run(command, tmp_path), f"--ckpt_path={trained}"]) == 0
        assert {asked.beams for asked in used} == {5 if command == "test" else 1}
        assert search in capsys.readouterr().out


@pytest.mark.parametrize("command", ["validate", "test"])
def test_the_command_line_wins_over_a_checkpoint(command, trained, small_run, tmp_path, used):
    arguments = [f"--ckpt_path={trained}", "--search.beams=3", "--search.length=average"]
    assert main([*small_run(command, tmp_path), *arguments]) == 0
    assert {(asked.beams, asked.length) for asked in used} == {(3, "average")}


def test_the_command_line_wins_over_a_file_and_a_file_over_the_default(
    trained, small_run, tmp_path, used
):
    (tmp_path / "search.yaml").write_text("search:\n  beams: 2\n  min_words: 4\n")
    common = [*small_run("test", tmp_path), f"--ckpt_path={trained}"]
    assert main([*common, f"--config={tmp_path / 'search.yaml'}"]) == 0
    assert used[-1] == SearchSettings(beams=2, min_words=4)
    used.clear()
    assert main([*common, f"--config={tmp_path / 'search.yaml'}", "--search.beams=4"]) == 0
    assert {(asked.beams, asked.min_words) for asked in used} == {(4, 4)}


def test_predict_takes_the_same_settings(trained, colours, tmp_path, used, capsys):
    picture = str(colours / "images" / "test_0.png")
    common = ["predict", "--ckpt_path", str(trained), picture]
    out = tmp_path / "out.jsonl"
    assert main([*common, "--captions", "3", "--beams", "4", "--out", str(out)]) == 0
    assert (used[-1].beams, used[-1].captions) == (4, 3)
    assert len(capsys.readouterr().out.splitlines()) == 3
    record = json.loads(out.read_text())
    assert len(record["others"]) == 2
    assert main([*common, "--temperature", "0.7", "--captions", "8", "--top_p", "0.9"]) == 0
    assert str(used[-1]) == "samples at temperature 0.7"
    assert len(capsys.readouterr().out.splitlines()) == 8
    assert main(common) == 0
    assert used[-1].beams == 5


def test_predict_with_an_ensemble(trained, colours, used, capsys):
    picture = str(colours / "images" / "test_0.png")
    common = ["predict", "--ckpt_path", str(trained), picture]
    assert main(common) == 0
    alone = capsys.readouterr().out
    assert main([*common, f"--ensemble=[{trained}, {trained}]"]) == 0
    assert capsys.readouterr().out == alone


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (["--beams", "0"], "beams: expected at least 1, found 0"),
        (["--captions", "9"], "captions: expected 1 to 5, the number of beams"),
        (["--beams", "4", "--groups", "3"], "groups: expected a divisor of 4"),
        (["--temperature", "0"], "temperature: expected above 0, found 0"),
        (["--groups", "5", "--diversity", "1e99"], "diversity: expected 0 to 10,000, found 1e+99"),
        (["--length", "wu", "--length_alpha", "20"], "length_alpha: expected 0 to 10, found 20.0"),
        (["--top_p", "1.5"], "top_p: expected above 0 to 1, found 1.5"),
        (
            ["--required_words", "[a]", "--forbidden_words", "[a]"],
            "forbidden_words: expected none of the required words",
        ),
        (["--min_words", "40"], "min_words: expected 0 to 30, found 40"),
        (["--length", "long"], "length: expected one of"),
        (
            ["--required_words", "[zebra]"],
            "required_words: expected words that the captioner knows",
        ),
        (["--required_words", "[off]"], "expected words that the captioner knows, found 'off'"),
        (
            ["--forbidden_words", "[don't]"],
            """one word to the captioner, found "don't", the 2 words do and n't""",
        ),
        (
            ["--no_repeat_ngram", "1", "--min_words", "25"],
            "words can fill with no_repeat_ngram 1, found 25",
        ),
        (
            ["--required_words", "[a, red, picture]", "--max_words", "2", "--min_words", "1"],
            "required_words: expected at most 2 (max_words), and none with groups or a temperature",
        ),
        (["--required_words", "['s]"], "required_words: expected a list such as [one,two]"),
        (["--required_words", "zebra"], "required_words: expected a list such as [one,two]"),
        (["--ensemble", "[none.ckpt]"], "none.ckpt: expected a checkpoint file"),
    ],
)
def test_a_mistake_is_one_sentence(setting, sentence, trained, colours, capsys):
    picture = str(colours / "images" / "test_0.png")
    assert main(["predict", "--ckpt_path", str(trained), picture, *setting]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("captioner: ")
    assert error.count("\n") == 1


def test_search_settings_are_not_saved(trained):
    saved = torch.load(trained, weights_only=True)
    settings = {item.name for item in fields(SearchSettings)}
    assert not {*settings, "search", "search_settings"} & set(saved["hyper_parameters"])


def test_an_infinite_temperature_is_none():
    with pytest.raises(CaptionerError, match="temperature: expected above 0, found inf"):
        SearchSettings(temperature=float("inf"))


WRITTEN = "[on, no, 2, null, 2020-01-01, Red, 1_000]"


@pytest.mark.parametrize("first", [True, False])
def test_of_several_processes_one_says_which_words_are_unknown(
    first, small_run, trained, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(CaptionerCLI, "_run_subcommand", lambda *_: None)
    monkeypatch.setattr(Trainer, "is_global_zero", first)
    words = ["--search.forbidden_words=[zebra]", f"--ckpt_path={trained}"]
    assert main([*small_run("test", tmp_path), *words]) == 0
    assert caplog.text.count("forbidden_words: not known anyway: zebra") == first


def test_words_are_taken_as_they_are_written(trained, colours, used, capsys):
    picture = str(colours / "images" / "test_0.png")
    command = ["predict", "--ckpt_path", str(trained), picture, f"--forbidden_words={WRITTEN}"]
    assert main(command) == 0
    assert used[-1].forbidden_words == ["red"]
    shown = capsys.readouterr()
    assert "not known anyway: on, no, 2, null, 2020-01-01, 1_000\n" in shown.err
    assert "red" not in shown.out.split(": ")[1].lower().split()


def test_words_in_a_file_are_taken_as_they_are_written(tmp_path):
    file = tmp_path / "search.yaml"
    file.write_text(f"search:\n  forbidden_words: {WRITTEN}\n  required_words: [yes, 'off']\n")
    settings = parse_settings(
        [
            "test",
            f"--config={file}",
            "--data=ScenesDataModule",
            "--model=LSTMCaptioner",
            "--name=null",
        ]
    )
    assert settings.search.forbidden_words == WRITTEN[1:-1].split(", ")
    assert settings.search.required_words == ["yes", "off"]
    assert settings.name == "null"


def test_fewer_captions_than_asked_for_are_said_once_and_none_is_empty(
    trained, colours, tmp_path, capsys
):
    out = tmp_path / "out.jsonl"
    command = ["predict", "--ckpt_path", str(trained), str(colours / "images"), "--out", str(out)]
    assert main([*command, "--beams=40", "--captions=40", "--max_words=1"]) == 0
    assert capsys.readouterr().err.count("captions: expected 40 different ones, found ") == 1
    for line in out.read_text().splitlines():
        record = json.loads(line)
        captions = [record, *record["others"]]
        texts = [caption["caption"] for caption in captions]
        assert len({*texts}) == len(texts) < 40
        assert all(texts)
        assert all(caption["log_probability"] < 0 for caption in captions)
