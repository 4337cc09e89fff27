"""The checkpoint of a language model is enough by itself, and one that means harm does none."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Trainer

from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.data import TextDataModule
from captioner.errors import CaptionerError
from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint

SENTENCES = [["a", "dog"], ["a", "cat", "runs"]]


@pytest.fixture
def trained(make_bilm, tmp_path):
    """Return a language model and the checkpoint that it was saved to."""
    (tmp_path / "text.txt").write_text("A dog.\nA cat runs.\nA dog runs.")
    data = TextDataModule(str(tmp_path / "text.txt"), holdout=1)
    model = make_bilm(("a", "dog", "runs"), sampled_words=5)
    trainer = Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    data.vocabulary = model.model.vocabulary
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "bilm.ckpt")
    return model.model.eval(), tmp_path / "bilm.ckpt"


@pytest.fixture
def contents(trained):
    """Return what is in the checkpoint."""
    return torch.load(trained[1], weights_only=True)


def saved(folder, contents):
    torch.save(contents, folder / "changed.ckpt")
    return folder / "changed.ckpt"


def test_gives_the_model_back(trained):
    model, path = trained
    checkpoint = read_bilm_checkpoint(path)
    assert checkpoint.options == model.bilm.options
    assert checkpoint.vocabulary == model.vocabulary
    assert checkpoint.tokenizer == "ptb"
    assert checkpoint.resumable
    assert checkpoint.about["data"]["train sentences"] == 2
    assert checkpoint.about["scores"].keys() == {
        "val/backward_perplexity",
        "val/forward_perplexity",
        "val/loss",
        "val/perplexity",
    }
    again = build_language_model(checkpoint)
    assert again.score(SENTENCES) == model.score(SENTENCES)
    names = {name.removeprefix("bilm.") for name in checkpoint.weights if name.startswith("bilm.")}
    assert names == model.bilm.state_dict().keys()


def test_is_no_captioner(trained):
    sentence = "bilm.ckpt: expected a captioner's checkpoint, found a language model's"
    with pytest.raises(CaptionerError, match=sentence):
        read_checkpoint(trained[1])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda c: c.pop("language_model"),
            "expected a language model's checkpoint, found another",
        ),
        (
            lambda c: c.update(captioner=c.pop("language_model")),
            "expected a language model's checkpoint, found a captioner's",
        ),
        (lambda c: c["language_model"].update(format=9), "expected checkpoint format 1, found 9"),
        (lambda c: c["language_model"].update({"class": "os.system"}), "found 'os.system'"),
        (lambda c: c["hyper_parameters"].update(learning_rate=1.0), "found learning_rate"),
        (lambda c: c["hyper_parameters"].update(layers=10**9), "model.layers: expected 1 to 64"),
        (
            lambda c: c["hyper_parameters"].update(filters="abc"),
            "settings that BiLanguageModel tak",
        ),
        (
            lambda c: c["hyper_parameters"].update(filters=[{}]),
            "found something else under hyper_p",
        ),
        (lambda c: c["hyper_parameters"].update(cell_size=60_000), "weights that fit Bi"),
        (lambda c: c["state_dict"].pop("softmax.bias"), "softmax.bias: None in place of"),
        (lambda c: c["vocabulary"].append("x"), "weights that fit BiLanguageModel"),
        (lambda c: c["vocabulary"].append("dog"), "expected every word once, found 'dog' twice"),
    ],
)
def test_one_sentence_says_what_is_wrong(change, sentence, contents, tmp_path):
    change(contents)
    with pytest.raises(CaptionerError) as error:
        read_bilm_checkpoint(saved(tmp_path, contents))
    assert sentence in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "changed.ckpt"))
    assert "\n" not in str(error.value)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_runs_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.ckpt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(tmp_path / "exploded")))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    with pytest.raises(CaptionerError, match="it was not loaded"):
        read_bilm_checkpoint(tmp_path / "bad.ckpt")
    assert not (tmp_path / "exploded").exists()
