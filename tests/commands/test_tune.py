"""From text to a biLM, to a captioner that reads it, to a choice among finished captions."""

import re

import pytest

from captioner.__main__ import main

pytestmark = pytest.mark.integration

BILM = [
    "--model=BiLanguageModel",
    "--model.filters=[[1,8],[2,8],[3,8]]",
    "--model.projection_size=12",
    "--model.cell_size=20",
    "--model.warmup_steps=2",
    "--model.learning_rate=1e-2",
    "--data=TextDataModule",
    "--data.batch_size=8",
    "--trainer.accelerator=cpu",
    "--trainer.max_epochs=4",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
]


@pytest.fixture(scope="module")
def bilm(colours, tmp_path_factory):
    """Return the checkpoint of a biLM that was trained on captions for a moment."""
    runs = tmp_path_factory.mktemp("bilm")
    text = [f"--data.train_text={colours}/annotations/captions_train.json", "--data.holdout=4"]
    assert main(["fit", *BILM, *text, f"--runs_dir={runs}", "--name=bilm"]) == 0
    return runs / "bilm" / "version_0" / "checkpoints" / "best.ckpt"


@pytest.fixture
def evaluation(small_run, trained, tmp_path):
    """Return a function that gives the arguments of a command that evaluates a captioner."""
    checkpoint = tmp_path / "best.ckpt"
    checkpoint.write_bytes(trained.read_bytes())

    def arguments(command, *extra):
        settings = [a for a in small_run(command, tmp_path) if not a.startswith("--model")]
        return [
            command,
            f"--ckpt_path={checkpoint}",
            "--model=LSTMCaptioner",
            *settings[1:],
            *extra,
        ]

    return arguments


def test_a_captioner_reads_the_bilm_and_is_enough_without_it(
    bilm, small_run, colours, tmp_path, capsys
):
    moved = tmp_path / "bilm.ckpt"
    moved.write_bytes(bilm.read_bytes())
    run = small_run("fit", tmp_path, "--name=elmo", f"--model.bilm={moved}")
    run = [argument.replace("=LSTMCaptioner", "=ElmoCaptioner") for argument in run]
    assert main(run) == 0
    moved.unlink()
    checkpoint = tmp_path / "elmo" / "version_0" / "checkpoints" / "best.ckpt"
    capsys.readouterr()
    picture = colours / "images" / "test_0.png"
    assert main(["predict", f"--ckpt_path={checkpoint}", str(picture)]) == 0
    assert capsys.readouterr().out.startswith(f"{picture}: ")
    run = [argument for argument in run if "model.bilm" not in argument]
    assert main(["test", *run[1:], f"--ckpt_path={checkpoint}"]) == 0
    second = ["--name=second", "--model.self_critical.samples=2", "--trainer.max_steps=2"]
    assert main([*run, f"--init_from={checkpoint}", *second]) == 0


def test_tune_tries_every_weight_and_test_uses_the_best(bilm, evaluation, capsys, tmp_path):
    assert main(evaluation("tune", f"--bilm={bilm}", "--weights=[0.5,1]")) == 0
    out = capsys.readouterr().out
    rows = re.findall(r"^ +(\d\.\d\d) +(\d+\.\d+) +(\d\.\d+)$", out, re.MULTILINE)
    assert [row[0] for row in rows] == ["0.00", "0.50", "1.00"]
    best = max(rows, key=lambda row: (float(row[1]), -float(row[0])))
    advice = f"--rerank.bilm {bilm} --rerank.weight {float(best[0]):g}"
    assert advice in out
    assert main(evaluation("test", *advice.split())) == 0
    assert f"weight {float(best[0]):g}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([], "bilm: expected the checkpoint of a biLM, found none"),
        (["--bilm=BILM", "--weights=[0.5,2]"], "weights: expected numbers from 0 to 1"),
        (["--bilm=BILM", "--search.captions=1"], "search.captions: expected at least 2"),
        (["--bilm=BILM", "--trainer.limit_val_batches=0"], "expected some to tune on, found 0"),
        (["--bilm=CKPT"], "expected a language model's checkpoint"),
    ],
)
def test_what_cannot_be_tuned_is_one_sentence(extra, message, bilm, trained, evaluation, capsys):
    named = [word.replace("BILM", str(bilm)).replace("CKPT", str(trained)) for word in extra]
    assert main(evaluation("tune", *named)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_predict_chooses_too(bilm, trained, colours, capsys):
    picture = str(colours / "images" / "test_0.png")
    command = ["predict", f"--ckpt_path={trained}", picture, f"--rerank.bilm={bilm}"]
    assert main([*command, "--rerank.weight=0.5"]) == 0
    assert capsys.readouterr().out.startswith(f"{picture}: ")
    assert main(command) == 2
    assert "rerank.weight: expected 0 to 1" in capsys.readouterr().err
    assert main([*command, "--rerank.weight=0.5", "--beams=1"]) == 2
    assert "several captions to choose among" in capsys.readouterr().err
