"""TensorBoard's HParams tab: a row per run, of what it was trained with and what it reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from captioner.callbacks.tensorboard import logged_step, writers
from captioner.captioners import Captioner

# TensorBoard takes the columns from any one of the runs: all runs name those of all captioners.
_NUMBERS = (
    *("parameters", "seed", "train_encoder_from", "width", "embedding_size", "hidden_size"),
    *("attention_size", "heads", "layers", "encoder_layers", "feed_forward_size", "dropout"),
    *("label_smoothing", "learning_rate", "warmup_steps", "weight_decay", "batch_size"),
    *("bucket_batches", "max_epochs"),
)
_WORDS = (
    *("model", "encoder", "encoder_stages", "elmo_layers", "positions", "optimizer", "schedule"),
    "precision",
)
_SWITCHES = ("image_positions", "attention", "train_bilm", "norm_first", "tie_weights")
_COLUMNS = {
    **dict.fromkeys(_WORDS, (api_pb2.DATA_TYPE_STRING, str)),
    **dict.fromkeys(_NUMBERS, (api_pb2.DATA_TYPE_FLOAT64, float)),
    **dict.fromkeys(_SWITCHES, (api_pb2.DATA_TYPE_BOOL, bool)),
}
# TensorBoard shows five settings and five metrics until it is told otherwise: of the settings those
# that are said to differ, in the order of their names, of the metrics the first.
_FIRST = ("batch_size", "learning_rate", "model", "parameters", "seed")
_SCORES = ("CIDEr", "BLEU-4", "ROUGE-L")
_METRICS = {
    "best/CIDEr": "CIDEr, validation",
    "best/BLEU-4": "BLEU-4, validation",
    "test/CIDEr": "CIDEr, test",
    "test/BLEU-4": "BLEU-4, test",
    "cost/seconds": "seconds of training",
    "cost/captions_per_second": "captions per second",
    "cost/peak_memory": "memory, MiB",
    "best/ROUGE-L": "ROUGE-L, validation",
    "test/ROUGE-L": "ROUGE-L, test",
}


def hyper_parameters(config: Mapping[str, Any]) -> dict[str, str | float | bool]:
    """Return the settings by which runs are compared, by name, of all settings of a run.

    Args:
        config: All settings, as ``config.yaml`` has them.

    Example:
        >>> model = {"class_path": "captioner.LSTMCaptioner", "init_args": {"width": 256}}
        >>> hyper_parameters({"model": model, "trainer": {"max_epochs": 6}})
        {'model': 'LSTMCaptioner', 'width': 256.0, 'max_epochs': 6.0}
    """
    model, data, trainer = (config.get(part) or {} for part in ("model", "data", "trainer"))
    every = {
        **trainer,
        **data.get("init_args", {}),
        **model.get("init_args", {}),
        "model": model.get("class_path", "").rpartition(".")[2],
        "seed": config.get("seed_everything"),
    }
    chosen = ((name, kind, every.get(name)) for name, (_, kind) in _COLUMNS.items())
    return {name: kind(value) for name, kind, value in chosen if value is not None}


class HParamsTable(Callback):
    """Write the settings of a run and its scores for TensorBoard's table of runs.

    The scores are those of the best validation so far, the one that ``best.ckpt`` is from, and of
    the last ``test``. The best are scalars of the run too: ``best/CIDEr`` and so on. Of captioners,
    in ``fit`` only.

    Args:
        settings: What :func:`hyper_parameters` returned.

    Example:
        >>> HParamsTable({"model": "LSTMCaptioner"}).state_dict()
        {'best': -inf}
    """

    def __init__(self, settings: Mapping[str, str | float | bool]) -> None:
        self.settings = dict(settings)
        self._best = float("-inf")

    def state_dict(self) -> dict[str, Any]:
        """Return the best score so far."""
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the best score so far."""
        self._best = state_dict["best"]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the columns of the table, and the settings of this run."""
        if not isinstance(pl_module, Captioner):
            return
        trained = (part.numel() for part in pl_module.parameters() if part.requires_grad)
        settings = {**self.settings, "parameters": float(sum(trained))}
        session = HParamsPluginData()
        for name, value in settings.items():
            kind = {str: "string_value", bool: "bool_value", float: "number_value"}[type(value)]
            setattr(session.session_start_info.hparams[name], kind, value)
        _write(trainer, metadata.EXPERIMENT_TAG, HParamsPluginData(experiment=_experiment()))
        _write(trainer, metadata.SESSION_START_INFO_TAG, session)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the scores, if they are the best so far."""
        score = float(trainer.callback_metrics.get("val/CIDEr", float("nan")))
        if trainer.sanity_checking or not score > self._best:
            return
        self._best = score
        for writer in writers(trainer):
            for name in _SCORES:
                value = trainer.callback_metrics[f"val/{name}"].item()
                writer.add_scalar(f"best/{name}", value, logged_step(trainer))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write that the run went to its end.

        Nothing is written of one that did not: it may go on, and TensorBoard keeps the first word.
        """
        if isinstance(pl_module, Captioner):
            session = HParamsPluginData()
            session.session_end_info.status = api_pb2.STATUS_SUCCESS
            _write(trainer, metadata.SESSION_END_INFO_TAG, session)


def _experiment() -> api_pb2.Experiment:
    hparams = (
        api_pb2.HParamInfo(name=name, type=kind, differs=name in _FIRST)
        for name, (kind, _) in _COLUMNS.items()
    )
    metrics = (
        api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=title)
        for tag, title in _METRICS.items()
    )
    return api_pb2.Experiment(hparam_infos=hparams, metric_infos=metrics)


def _write(trainer: Trainer, tag: str, content: HParamsPluginData) -> None:
    described = metadata.create_summary_metadata(content)
    value = Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
    for writer in writers(trainer):
        writer._get_file_writer().add_summary(Summary(value=[value]))
