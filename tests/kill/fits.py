"""``fit`` of every captioner and of a language model, then ``test``."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from tests.kill.outcome import checkpoint, contents, curves, names
from tests.kill.scenario import Outcome, Scenario

_RUN = [
    "--trainer.accelerator=cpu",
    "--trainer.precision=32-true",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--trainer.log_every_n_steps=1",
    "--runs_dir=runs",
    "--name=run",
]
_STATES = ["--checkpoint_minutes=0"]  # last.ckpt after every step
_ENCODER = [
    "--model.encoder=test_efficientnet",
    "--model.encoder_weights=random",
    "--model.image_size=64",
    "--model.learning_rate=2e-2",
    "--model.warmup_steps=2",
    "--model.dropout=0.1",
]
_LSTM = [
    "--model.width=24",
    "--model.hidden_size=24",
    "--model.embedding_size=24",
    "--model.attention_size=12",
]
_CHARACTERS = [
    "character_size=4",
    "filters=[[1,8],[2,8]]",
    "projection_size=8",
    "cell_size=16",
    "max_characters=10",
]
_ELMO = [
    *_LSTM,
    "--model.bilm={shared}/options.json",
    "--model.bilm_weights=random",
    "--model.train_bilm=true",
]
_TRANSFORMER = [
    "--model.width=24",
    "--model.heads=2",
    "--model.layers=2",
    "--model.feed_forward_size=32",
]
_SCST = [
    *_LSTM,
    "--model.self_critical.samples=2",
    "--model.self_critical.max_words=8",
    "--model.schedule=constant",
]


def _data(shared: Path) -> list[str]:
    files = [f"--data.{part}_annotations={shared / part}.json" for part in ("train", "val", "test")]
    return [
        "--data=CocoDataModule",
        *files,
        f"--data.images={shared}/images",
        "--data.cache_dir=cache",
        "--data.min_count=1",
        "--data.batch_size=4",
        "--data.eval_batch_size=4",
        "--data.num_workers=0",
    ]


def _fit(model: str, more: list[str], shared: Path, folder: Path) -> list[str]:
    settings = [word.format(shared=shared) if "{shared}" in word else word for word in more]
    own = [*_ENCODER, *_data(shared), *_RUN]
    return ["fit", f"--model={model}", *own, *settings, *_going_on(folder)]


def _test(model: str, shared: Path, folder: Path) -> list[str]:
    own = [f"--model={model}", *_ENCODER, *_data(shared), *_RUN]
    return ["test", *own, f"--ckpt_path={_newest(folder, 'best.ckpt')}"]


def _fit_bilm(shared: Path, folder: Path) -> list[str]:
    return [
        "fit",
        "--model=BiLanguageModel",
        *(f"--model.{setting}" for setting in _CHARACTERS),
        "--model.learning_rate=0.02",
        "--model.warmup_steps=2",
        "--data=TextDataModule",
        f"--data.train_text={shared}/train.txt",
        f"--data.val_text={shared}/val.txt",
        "--data.batch_size=6",
        "--data.bucket_batches=2",
        "--trainer.max_epochs=3",
        *_RUN,
        *_STATES,
        *_going_on(folder),
    ]


def captioner(shared: Path, folder: Path) -> list[str]:
    """Return the command that trains the captioner which other commands need."""
    return _fit("LSTMCaptioner", [*_LSTM, "--trainer.max_epochs=4"], shared, folder)


def _going_on(folder: Path) -> list[str]:
    """Return what a user adds to go on, if there is a checkpoint to go on from."""
    last = _newest(folder, "last.ckpt")
    return [f"--ckpt_path={last}"] if (folder / last).is_file() else []


def _newest(folder: Path, name: str) -> Path:
    """Return where a checkpoint of the newest run is, or would be, relative to the folder."""
    return newest_run(folder / "runs/run").relative_to(folder) / "checkpoints" / name


def newest_run(folder: Path) -> Path:
    """Return the newest ``version_N`` in a folder."""
    runs = sorted(folder.glob("version_*"), key=lambda path: int(path.name[8:]))
    return runs[-1] if runs else folder / "version_0"


def run_outcome(folder: Path, runs: Path) -> Outcome:
    """Return all that the newest run leaves, and what else there is in a folder.

    Runs before it, which had no checkpoint yet to go on from, do not count.

    Args:
        folder: Where commands ran.
        runs: Where the run is one of ``version_N``.
    """
    run = newest_run(runs)
    found = contents(run, "test_captions.json") | curves(run) | contents(folder, "cache/**/*")
    for file in sorted(run.glob("checkpoints/*.ckpt")):
        found |= checkpoint(file)
    settings = yaml.safe_load((run / "config.yaml").read_text())
    # a run that goes on takes its model from the checkpoint, where it is spelled otherwise
    found["config.yaml"] = repr(settings | {"model": None, "ckpt_path": None})
    every = f"there is {runs.relative_to(folder)}/version_"
    mine = f"there is {run.relative_to(folder)}"
    return found | {
        name.replace(mine, every): value
        for name, value in names(folder).items()
        if name.startswith(mine) or not name.startswith(every)
    }


def _outcome(folder: Path) -> Outcome:
    return run_outcome(folder, folder / "runs/run")


def _scenario(model: str, *more: str, epochs: int = 2, captioner: bool = False) -> Scenario:
    settings = [*more, f"--trainer.max_epochs={epochs}", *_STATES]
    commands: tuple[Callable[[Path, Path], list[str]], ...] = (
        partial(_fit, model, settings),
        partial(_test, model),
    )
    return Scenario(commands, _outcome, captioner=captioner)


FITS = {
    "lstm": _scenario("LSTMCaptioner", *_LSTM, epochs=3),
    "elmo": _scenario("ElmoCaptioner", *_ELMO),
    "transformer": _scenario(
        "TransformerCaptioner",
        *_TRANSFORMER,
        "--data.batch_size=2",
        "--trainer.accumulate_grad_batches=2",
        "--trainer.val_check_interval=4",
    ),
    "scst": _scenario("LSTMCaptioner", *_SCST, "--init_from={shared}/tiny.ckpt", captioner=True),
    "ema": _scenario("TransformerCaptioner", *_TRANSFORMER, "--trainer.callbacks=EMA"),
    "workers": _scenario(
        "LSTMCaptioner",
        *_LSTM,
        "--model.train_encoder_from=1",
        "--data.num_workers=1",
        "--data.cache_tokens=false",
    ),
    "bilm": Scenario((_fit_bilm,), _outcome),
    # most of it is the time that the cache takes to be built, row by row
    "cache": _scenario("LSTMCaptioner", *_LSTM, "--data.eval_batch_size=1", epochs=1),
}
