"""Language models are trained by the same commands as captioners."""

from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from captioner.__main__ import main
from captioner.language_models.checkpoint import read_bilm_checkpoint

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def trained_bilm(small_bilm, tmp_path_factory) -> Path:
    """Return ``best.ckpt`` of a language model that was trained for a moment."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(small_bilm("fit", runs)) == 0
    return runs / "bilm" / "version_0" / "checkpoints" / "best.ckpt"


def scalars(run: Path, tag: str) -> list[tuple[int, float]]:
    accumulator = EventAccumulator(str(run))
    accumulator.Reload()
    # A resumed run may have begun a second file within the same second: files have no order then.
    return sorted((event.step, event.value) for event in accumulator.Scalars(tag))


def test_the_best_checkpoint_is_the_one_of_lowest_perplexity(
    small_bilm, trained_bilm, tmp_path, capsys
):
    run = trained_bilm.parents[1]
    found = dict(scalars(run, "val/perplexity"))
    about = read_bilm_checkpoint(trained_bilm).about
    assert about["scores"]["val/perplexity"] == pytest.approx(min(found.values()))
    assert about["data"]["train sentences"] == 18
    for name in ("forward", "backward"):
        assert len(scalars(run, f"val/{name}_perplexity")) == 3
    # Rates far too high make it worse; training stops, and the best is not the last.
    worse = ["--model.learning_rate=3", "--model.schedule=constant", "--patience=1"]
    assert main(small_bilm("fit", tmp_path, *worse, "--trainer.max_epochs=9")) == 0
    values = [value for _, value in scalars(tmp_path / "bilm" / "version_0", "val/perplexity")]
    assert f"Best checkpoint (val/perplexity {min(values):.3f}, geom" in capsys.readouterr().out
    assert len(values) < 9


def test_validate_reports_both_perplexities(small_bilm, trained_bilm, tmp_path, capsys):
    assert main([*small_bilm("validate", tmp_path), f"--ckpt_path={trained_bilm}"]) == 0
    out = capsys.readouterr().out
    for name in ("val/perplexity", "val/forward_perplexity", "val/backward_perplexity", "<unk>"):
        assert name in out


def test_test_says_what_scores_it(small_bilm, trained_bilm, tmp_path, capsys):
    assert main([*small_bilm("test", tmp_path), f"--ckpt_path={trained_bilm}"]) == 2
    assert capsys.readouterr() == (
        "",
        "captioner: test: expected the checkpoint of a captioner, found that of a BiLanguageModel;"
        " validate scores it, on data.val_text\n",
    )


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_run_goes_on_as_if_nothing_had_happened(small_bilm, tmp_path, monkeypatch):
    def kill(process, signal):
        raise KilledError

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.syspath_prepend(Path(__file__).parent)
    settings = ("--checkpoint_minutes=0", "--model.sampled_words=6", "--model.dropout=0.2")
    assert main(small_bilm("fit", tmp_path / "whole", *settings)) == 0
    killer = ("--trainer.callbacks+=kill_after.KillAfter", "--trainer.callbacks.steps=7")
    with pytest.raises(KilledError):
        main(small_bilm("fit", tmp_path / "cut", *settings, *killer))
    whole, cut = (tmp_path / name / "bilm" / "version_0" for name in ("whole", "cut"))
    last = cut / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == 7  # the middle of epoch 2
    assert main(small_bilm("fit", tmp_path / "cut", *settings, f"--ckpt_path={last}")) == 0
    for tag in ("train/loss", "val/perplexity"):
        assert scalars(cut, tag) == scalars(whole, tag)
    for name in ("last.ckpt", "best.ckpt"):
        weights = read_bilm_checkpoint(cut / "checkpoints" / name).weights
        for key, weight in read_bilm_checkpoint(whole / "checkpoints" / name).weights.items():
            assert torch.equal(weights[key], weight), (name, key)


def test_a_second_stage_learns_new_words(small_bilm, trained_bilm, tmp_path):
    (tmp_path / "new.txt").write_text("A zebra runs.\nA zebra sits.")
    more = [f"--init_from={trained_bilm}", "--extend_vocabulary=true", "--trainer.max_epochs=1"]
    more += [f"--data.train_text={tmp_path}/new.txt", "--model.learning_rate=0"]
    assert main(small_bilm("fit", tmp_path, *more)) == 0
    last = tmp_path / "bilm" / "version_0" / "checkpoints" / "last.ckpt"
    first, second = (read_bilm_checkpoint(path) for path in (trained_bilm, last))
    assert second.vocabulary.words == (*first.vocabulary.words, "zebra")
    known = len(first.vocabulary)
    assert torch.equal(second.weights["softmax.weight"][:known], first.weights["softmax.weight"])


def test_models_and_data_of_different_kinds_are_one_sentence(
    small_run, small_bilm, trained, trained_bilm, tmp_path, capsys
):
    captioner, bilm = "LSTMCaptioner", "BiLanguageModel"
    cases = [
        (small_run("fit", tmp_path, f"--ckpt_path={trained_bilm}"), bilm, captioner),
        (small_run("validate", tmp_path, f"--ckpt_path={trained_bilm}"), bilm, captioner),
        (small_bilm("fit", tmp_path, f"--init_from={trained}"), captioner, bilm),
        (small_bilm("validate", tmp_path, f"--ckpt_path={trained}"), captioner, bilm),
    ]
    for arguments, expected, found in cases:
        assert main(arguments) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith(f"captioner: model: expected {expected}, as ")
        assert error.endswith(f".ckpt is, found {found}")
    text = [part for part in small_bilm("fit", tmp_path) if part.startswith("--data")]
    assert main(["fit", "--model=LSTMCaptioner", *text]) == 2
    sentence = (
        "data: expected pictures with captions for LSTMCaptioner, found text (TextDataModule)"
    )
    assert sentence in capsys.readouterr().err
    assert main(["fit", "--model=BiLanguageModel", "--data=CocoDataModule"]) == 2
    assert "data: expected text for BiLanguageModel, found pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("--model.filters=[[9,8]]", "model.filters: expected"),
        ("--model.filters=[[11,99]]", "model.max_characters: expected at least 11, found 10"),
        (
            "--model.filters=large",
            "model.filters: expected a list such as [one,two], found 'large'",
        ),
        ("--model.sampled_words=0", "model.sampled_words: expected 1 to 15"),
        ("--model.hidden_size=7", "found the unknown"),
        ("--data.train_text=none.txt", "none.txt: expected a text file, found no such file"),
        ("--data.exclude=[none.json]", "none.json: expected a caption file, found no such file"),
        ("--trainer.callbacks=BlindControl", "expected BlindControl with a captioner, found it"),
        ("--trainer.callbacks=ScheduledSampling", "expected ScheduledSampling with a captioner"),
        ("--trainer.callbacks=CompileDecoder", "expected CompileDecoder with a captioner"),
        ("--data.holdout=18", "data.holdout: expected fewer than the 18 images"),
    ],
)
def test_a_mistake_in_settings_is_one_sentence(setting, sentence, small_bilm, tmp_path, capsys):
    assert main(small_bilm("fit", tmp_path, setting)) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith("captioner: ")
    assert sentence in error[-1]
    assert not any("Traceback" in line for line in error)


def test_info_describes_it_and_predict_refuses_it(trained_bilm, tmp_path, capsys):
    assert main(["info", str(trained_bilm)]) == 0
    out = capsys.readouterr().out
    for part in ("BiLanguageModel", "cell_size", "[(1, 8), (2, 8)]", "val/perplexity", "geometric"):
        assert part in out
    assert main(["predict", "--ckpt_path", str(trained_bilm), str(tmp_path)]) == 2
    (tmp_path / "a.jpg").touch()
    assert main(["predict", "--ckpt_path", str(trained_bilm), str(tmp_path / "a.jpg")]) == 2
    sentence = "best.ckpt: expected a captioner's checkpoint, found a language model's"
    assert sentence in capsys.readouterr().err
