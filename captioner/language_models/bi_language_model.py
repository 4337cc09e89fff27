"""BiLanguageModel: the LightningModule that trains the biLM of ELMo on text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torchmetrics import MeanMetric

from captioner.data.datamodules.text import TextDataModule
from captioner.errors import CaptionerError
from captioner.language_models.checkpoint import BiLMCheckpoint, options_from_settings
from captioner.language_models.language_model import LanguageModel
from captioner.ranges import check_ranges
from captioner.text import Vocabulary, get_tokenizer
from captioner.training import WordAverage
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.training.optimizer import OptimizerSettings, optimizer_config
from captioner.types import TextBatch


class BiLanguageModel(CheckpointedModule):
    """LightningModule that trains the bidirectional language model (biLM) of ELMo on text.

    Two language models share the character encoder and the softmax: one predicts each word from
    those before it, the other from those after it, and both losses are minimized together. Peters
    et al., 2018, "Deep contextualized word representations", section 3.1. The defaults make a small
    model of 10 MB and a vocabulary of 3,000 words; the published one has ``filters`` up to
    ``[7, 1024]``, ``highways`` 2, ``projection_size`` 512 and ``cell_size`` 4096.

    Args:
        vocabulary: Words that are predicted; comes from the data. Any word can be read.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        character_size: Width of a character's embedding.
        filters: Width of each kind of filter over characters, and how many there are.
        highways: Highway layers after the filters.
        projection_size: Width P of a word vector and of the hidden states.
        cell_size: Width of the memory of each LSTM layer.
        layers: LSTM layers of each direction.
        cell_clip: Largest magnitude of a cell; ``null`` for no limit.
        projection_clip: The same of a hidden state.
        skip_connections: Layers after the first add their input to their output.
        max_characters: Characters of a word, two marks included; longer words are cut.
        activation: What follows the filters.
        dropout: Share of the features dropped in training, before each LSTM layer and the softmax.
        sampled_words: Words that stand for a larger vocabulary in a training step; ``null`` takes
            all of it.
        learning_rate: Peak learning rate.
        weight_decay: Decoupled weight decay of matrices (adamw), or L2 penalty (adam).
        optimizer: Optimizer.
        schedule: How the learning rate moves after warm-up.
        warmup_steps: Steps over which the learning rate rises linearly.

    Attributes:
        model: The language model.
    """

    kind = BiLMCheckpoint.kind
    monitored = BiLMCheckpoint.monitored
    batch_type = TextBatch
    model: LanguageModel
    # The other arguments are the fields of BiLMOptions.
    not_architecture = (
        *("vocabulary", "tokenizer", "dropout", "sampled_words"),
        *("learning_rate", "weight_decay", "optimizer", "schedule", "warmup_steps"),
    )

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        character_size: int = 16,
        filters: Sequence[tuple[int, int]] = ((1, 32), (2, 32), (3, 64), (4, 128)),
        highways: int = 1,
        projection_size: int = 128,
        cell_size: int = 512,
        layers: int = 2,
        cell_clip: float | None = 3.0,
        projection_clip: float | None = 3.0,
        skip_connections: bool = True,
        max_characters: int = 50,
        activation: Literal["relu", "tanh"] = "relu",
        dropout: float = 0.3,
        sampled_words: int | None = None,
        learning_rate: float = 2e-3,
        weight_decay: float = 0.0,
        optimizer: Literal["adam", "adamw"] = "adamw",
        schedule: Literal["constant", "cosine", "inverse_sqrt"] = "cosine",
        warmup_steps: int = 100,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=self.not_architecture)
        check_ranges(
            dropout=dropout,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            warmup_steps=warmup_steps,
        )
        try:
            self.model = LanguageModel(
                vocabulary,
                get_tokenizer(tokenizer),
                options_from_settings(dict(self.hparams)),
                dropout=dropout,
                sampled_words=sampled_words,
            )
        except ValueError as error:
            raise CaptionerError(f"model.{error}") from None
        self.optimizer_settings = OptimizerSettings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            schedule=schedule,
            warmup_steps=warmup_steps,
        )
        self.word_average = WordAverage()
        self.perplexities = Perplexities()

    def setup(self, stage: str) -> None:
        """Set in the data module into how many characters a word is spelt."""
        data = getattr(self.trainer, "datamodule", None)
        if isinstance(data, TextDataModule):
            data.max_characters = self.model.bilm.options.max_characters

    def training_step(self, batch: TextBatch, batch_idx: int) -> Tensor:
        """Return the mean loss of both directions, weighed by its share of the step's words."""
        forward, backward = self.model.losses(batch)
        loss = (forward.mean() + backward.mean()) / 2
        self.log("train/loss", loss, batch_size=len(batch), prog_bar=True)
        self.log("train/perplexity", loss.detach().exp(), batch_size=len(batch))
        return self.word_average.weigh(self, loss, len(forward), batch_idx)

    def validation_step(self, batch: TextBatch, batch_idx: int) -> None:
        """Collect the losses of the words of a batch."""
        self.perplexities.update(*self.model.losses(batch))

    def on_validation_epoch_end(self) -> None:
        """Log the perplexity of each direction and their geometric mean."""
        values = self.perplexities.compute()
        self.log_dict({f"val/{name}": value for name, value in values.items()})

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return optimizer and learning-rate schedule."""
        return optimizer_config(self.trainer, self.optimizer_settings, self.model.parameters())

    def explain_scores(self) -> str:
        """Return a sentence on what the perplexities count."""
        return (
            "Perplexity per word, the end of a sentence (forward) or its start (backward) included;"
            " val/perplexity is the geometric mean of both. Words outside of the vocabulary of"
            f" {len(self.model.vocabulary):,} count as one word, <unk>."
        )


class Perplexities(nn.Module):
    """Perplexity of the forward and of the backward model, over the batches of an epoch.

    Example:
        >>> import torch
        >>> perplexities = Perplexities()
        >>> perplexities.update(torch.tensor([2.0, 4.0]).log(), torch.tensor([1.0, 4.0]).log())
        >>> [round(value.item(), 3) for value in perplexities.compute().values()]
        [0.866, 2.378, 2.828, 2.0]
    """

    def __init__(self) -> None:
        super().__init__()
        self.forward_loss, self.backward_loss = MeanMetric(), MeanMetric()

    def update(self, forward: Tensor, backward: Tensor) -> None:
        """Add the losses of words, -log p in nats (M,) each."""
        self.forward_loss.update(forward)
        self.backward_loss.update(backward)

    def compute(self) -> dict[str, Tensor]:
        """Return all values by name, over all devices, and reset.

        ``loss`` is the mean of both directions, ``perplexity`` its exponential, the geometric mean
        of theirs.
        """
        forward, backward = self.forward_loss.compute(), self.backward_loss.compute()
        self.forward_loss.reset()
        self.backward_loss.reset()
        loss = (forward + backward) / 2
        return {
            "loss": loss,
            "perplexity": loss.exp(),
            "forward_perplexity": forward.exp(),
            "backward_perplexity": backward.exp(),
        }
