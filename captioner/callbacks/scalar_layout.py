"""TensorBoard's Custom Scalars: which curves of several captioners lie over each other."""

from __future__ import annotations

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.callbacks.tensorboard import writers
from captioner.captioners import Captioner

# Names of charts and the tags they show, as regular expressions. TensorBoard merges the layouts of
# all runs; as they are equal, each chart is there once, with a curve for every run that is chosen.
_LAYOUT = {
    "Scores, validation": {
        "CIDEr": ["val/CIDEr$"],
        "BLEU-4": ["val/BLEU-4$"],
        "ROUGE-L": ["val/ROUGE-L$"],
    },
    "Loss": {
        "Training, label smoothing included": ["train/loss$"],
        "Validation, nats per word": ["val/loss$"],
        "Perplexity, validation": ["val/perplexity$"],
    },
    "Cost": {
        "Seconds of training": ["cost/seconds$"],
        "Captions per second": ["cost/captions_per_second$"],
        "Learning rate": ["lr-[^/]*(/pg1)?$"],
    },
    "ELMo": {
        "Shares of the layers": ["elmo/share of layer.*"],
        "Scale of the mix": ["elmo/gamma$"],
    },
}


class ScalarLayout(Callback):
    """Write the layout of TensorBoard's custom scalars tab, in which captioners are overlaid.

    Each chart shows one value of all runs: scores, losses, cost, and how ELMo's layers are mixed
    where there are any. ``fit`` only.

    Example:
        >>> sorted(ScalarLayout.charts())
        ['Cost', 'ELMo', 'Loss', 'Scores, validation']
    """

    @staticmethod
    def charts() -> dict[str, dict[str, list[str]]]:
        """Return the tags of each chart, by category and title."""
        return _LAYOUT

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the layout, for a captioner."""
        if not isinstance(pl_module, Captioner):
            return
        layout = {
            category: {title: ["Multiline", tags] for title, tags in charts.items()}
            for category, charts in _LAYOUT.items()
        }
        for writer in writers(trainer):
            writer.add_custom_scalars(layout)
