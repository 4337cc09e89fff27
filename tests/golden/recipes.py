"""How each golden checkpoint is trained, and what is named when training goes on from it."""

from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).parent / "files"
ENCODER = "encoder.pt"
_BILM_CHECKPOINT = "runs/first/bilm/version_0/checkpoints/last.ckpt"

_CAPTIONER = (
    "--model.encoder=test_efficientnet",
    f"--model.encoder_weights={ENCODER}",
    "--model.image_size=64",
    "--model.crop_pct=1",
    "--model.width=8",
    "--model.image_positions=true",
    "--data.batch_size=3",
)
_LSTM = (
    *_CAPTIONER,
    "--model.embedding_size=8",
    "--model.hidden_size=12",
    "--model.attention_size=6",
)
_ELMO = (*_LSTM, f"--model.bilm={_BILM_CHECKPOINT}", "--model.train_bilm=true")
_TRANSFORMER = (
    *_CAPTIONER,
    "--model.heads=2",
    "--model.layers=1",
    "--model.encoder_layers=1",
    "--model.feed_forward_size=16",
    "--model.norm_first=true",
)
_BILM = (
    "--model.character_size=4",
    "--model.filters=[[1,6],[2,6]]",
    "--model.projection_size=8",
    "--model.cell_size=16",
    "--model.max_characters=12",
    "--data.batch_size=9",
    "--data.bucket_batches=2",
)
# Long enough that captions depend on the picture.
_LONG = (
    "--model.learning_rate=0.02",
    "--model.warmup_steps=10",
    "--model.dropout=0.1",
    "--trainer.max_epochs=100",
    "--trainer.check_val_every_n_epoch=100",
)
_SURE = "--model.label_smoothing=0"
# Short, and with steps so large that each of them shows.
_SHORT = (
    "--model.learning_rate=0.01",
    "--model.warmup_steps=2",
    "--model.dropout=0.2",
    "--trainer.max_epochs=3",
    "--trainer.check_val_every_n_epoch=3",
)


@dataclass(frozen=True)
class Recipe:
    """Say how a run is made.

    Attributes:
        model: Class of the model.
        settings: What else differs from the defaults, as the command line has it.
        first: The run of ``FIRST_STAGES`` whose weights it starts from.
        steps: After how many it is stopped, within an epoch.
    """

    model: str
    settings: tuple[str, ...]
    first: str = ""
    steps: int = -1


FIRST_STAGES = {
    "lstm": Recipe("LSTMCaptioner", (*_LSTM, *_LONG, _SURE)),
    "bilm": Recipe("BiLanguageModel", (*_BILM, *_LONG)),
    "elmo": Recipe("ElmoCaptioner", (*_ELMO, *_LONG, _SURE)),
    "transformer": Recipe("TransformerCaptioner", (*_TRANSFORMER, *_LONG, _SURE)),
}
"""Runs that are not kept: what the golden ones start from, in the order in which they are made."""

GOLDEN = {
    "lstm": Recipe(
        "LSTMCaptioner",
        (*_LSTM, *_SHORT, "--model.attention_penalty=0.2", "--trainer.gradient_clip_val=1"),
        first="lstm",
        steps=6,
    ),
    "elmo": Recipe(
        "ElmoCaptioner",
        (
            *(*_ELMO, *_SHORT, "--model.elmo_penalty=0.1"),
            *("--model.optimizer=adam", "--model.schedule=inverse_sqrt"),
        ),
        first="elmo",
        steps=5,
    ),
    "transformer": Recipe(
        "TransformerCaptioner",
        (
            *(*_TRANSFORMER, *_SHORT, "--trainer.accumulate_grad_batches=2"),
            *("--trainer.max_epochs=4", "--trainer.check_val_every_n_epoch=4"),
        ),
        first="transformer",
        steps=3,
    ),
    "ema": Recipe(
        "LSTMCaptioner",
        (
            *(*_LSTM, *_SHORT, "--model.schedule=inverse_sqrt"),
            "--trainer.check_val_every_n_epoch=1",  # weights and average change places
            *("--trainer.callbacks=EMA", "--trainer.callbacks.decay=0.8"),
        ),
        first="lstm",
        steps=7,
    ),
    "scst": Recipe(
        "LSTMCaptioner",
        (
            *(*_LSTM, *_SHORT),
            *("--model.self_critical.samples=4", "--model.self_critical.max_words=12"),
        ),
        first="lstm",
        steps=6,
    ),
    "finetuned": Recipe(
        "LSTMCaptioner",
        (
            *(*_LSTM, *_SHORT),
            *("--model.train_encoder_from=4", "--model.encoder_learning_rate=1e-3"),
            "--data.augment=false",  # resized pixels are rounded, here up and elsewhere down
        ),
        first="lstm",
        steps=6,
    ),
    "bilm": Recipe(
        "BiLanguageModel",
        (*_BILM, *_SHORT, "--model.sampled_words=12", "--model.weight_decay=0.01"),
        first="bilm",
        steps=6,
    ),
}
"""The runs that checkpoints are kept of."""


def command(name: str, recipe: Recipe, data: Path, runs: Path, *more: str) -> list[str]:
    """Return a command that names what no checkpoint records: where it finds and writes what.

    Args:
        name: ``fit`` or ``validate``.
        recipe: Says which model it is.
        data: Folder that ``write_data`` has filled.
        runs: Folder of all runs.
        more: What else it names.
    """
    if recipe.model == "BiLanguageModel":
        text = "val.txt" if name == "fit" else "sentences.txt"
        reading = [
            "--data=TextDataModule",
            *(f"--data.train_text={data / 'train.txt'}", f"--data.val_text={data / text}"),
        ]
    else:
        files = [f"--data.{part}_annotations={data / part}.json" for part in ("train", "val")]
        reading = [
            *("--data=CocoDataModule", *files, f"--data.images={data / 'images'}"),
            "--data.num_workers=0",
            "--data.cache_tokens=false",  # they would be rounded, here up and elsewhere down
        ]
    trainer = ["accelerator=cpu", "precision=32-true", "enable_progress_bar=false"]
    trainer += ["enable_model_summary=false", "log_every_n_steps=1"]
    trainer += ["num_sanity_val_steps=0"] if name == "fit" else []
    own = [f"--trainer.{each}" for each in trainer]
    return [name, f"--model={recipe.model}", *reading, *own, f"--runs_dir={runs}", *more]


def last(runs: Path, name: str) -> Path:
    """Return the ``last.ckpt`` of the first run of a name."""
    return runs / name / "version_0" / "checkpoints" / "last.ckpt"
