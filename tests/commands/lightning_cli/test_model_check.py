"""Settings that a model refuses are refused before any data are read for their words."""

import pytest
import torch
from jsonargparse import Namespace

from captioner.__main__ import main
from captioner.captioners import LSTMCaptioner
from captioner.commands.lightning_cli.model_check import check_model_settings
from captioner.data.datamodules.vocabulary import VocabularyDataModule

ENCODER = {"encoder": "resnet18", "encoder_weights": "random", "image_size": 64}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("--model.dropout=2", "model.dropout: expected 0 to below 1, found 2.0"),
        ("--model.learning_rate=-1", "model.learning_rate: expected at least 0, found -1.0"),
        ("--model.hidden_size=0", "model.hidden_size: expected 1 to 65536, found 0"),
        ("--model.encoder=resnet", "encoder: expected the name of a timm model, found 'resnet'"),
        ("--model.self_critical.samples=0", "model.self_critical.samples: expected at least 2"),
        ("--model=TransformerCaptioner --model.heads=7", "model.heads: expected "),
        ("--model=ElmoCaptioner", "model.bilm: expected the checkpoint of a biLM"),
    ],
)
def test_a_mistake_is_told_before_data_are_read(wrong, told, tmp_path, monkeypatch, capsys):
    read = property(lambda self: pytest.fail("data were read"))
    monkeypatch.setattr(VocabularyDataModule, "vocabulary", read)
    argv = ["fit", "--config=lstm", f"--data.folder={tmp_path}/scenes", *wrong.split()]
    assert main([*argv, f"--runs_dir={tmp_path}/runs", "--trainer.accelerator=cpu"]) == 2
    assert capsys.readouterr().err.startswith(f"captioner: {told}")
    assert not any(tmp_path.iterdir())


def test_a_language_model_is_checked_too(tmp_path, monkeypatch, capsys, small_bilm):
    read = property(lambda self: pytest.fail("data were read"))
    monkeypatch.setattr(VocabularyDataModule, "vocabulary", read)
    assert main(small_bilm("fit", tmp_path, "--model.highways=-1")) == 2
    assert "highways: expected" in capsys.readouterr().err


def test_the_check_draws_no_random_numbers():
    before = torch.get_rng_state()
    path = f"{LSTMCaptioner.__module__}.LSTMCaptioner"
    settings = Namespace(class_path=path, init_args=Namespace(**ENCODER))
    check_model_settings(settings)
    assert torch.equal(torch.get_rng_state(), before)
    assert {*settings.init_args.keys()} == {*ENCODER}


class Loud(LSTMCaptioner):
    """Of somebody else: its constructor may do anything, such as read a file for minutes."""

    def __init__(self, vocabulary, tokenizer):
        pytest.fail("built twice")


def test_classes_of_others_are_built_once():
    check_model_settings(Namespace(class_path=f"{__name__}.Loud", init_args=Namespace()))


def test_what_depends_on_the_words_is_left_to_the_model(tmp_path, capsys, small_bilm):
    assert main(small_bilm("fit", tmp_path, "--model.sampled_words=0")) == 2
    assert "model.sampled_words: expected 1 to 15, the size of the" in capsys.readouterr().err
