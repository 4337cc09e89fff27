"""``tune``: the re-ranking weight of a language model, chosen on the validation data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser

from captioner.callbacks.rerank_tuning import RerankTuning
from captioner.commands.lightning_cli.cli import CaptionerCLI
from captioner.commands.runs.run_settings import add_tune_settings
from captioner.commands.work.train import train
from captioner.errors import CaptionerError
from captioner.language_models.checkpoint import build_language_model, read_bilm_checkpoint


class TuneCLI(CaptionerCLI):
    """LightningCLI that validates a captioner, re-ranking its captions with every weight to try."""

    tuning: RerankTuning

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the language model and the weights to try."""
        super().add_arguments_to_parser(parser)
        add_tune_settings(parser)

    def _prepare_subcommand_parser(
        self, klass: type, subcommand: str, **kwargs: Any
    ) -> LightningArgumentParser:
        """Give the search five captions to choose among, if nothing else is said."""
        parser = super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        parser.set_defaults({"search.beams": 5, "search.captions": 5})
        return parser

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Return the trainer, which tunes when it validates."""
        settings = self.config_init[self.subcommand]
        if settings.bilm is None:
            raise CaptionerError("bilm: expected the checkpoint of a biLM, found none")
        if not settings.weights or not all(0 <= weight <= 1 for weight in settings.weights):
            raise CaptionerError(f"weights: expected numbers from 0 to 1, found {settings.weights}")
        if settings.trainer.limit_val_batches == 0:
            raise CaptionerError("trainer.limit_val_batches: expected some to tune on, found 0")
        if settings.search.captions < 2:
            raise CaptionerError(
                "search.captions: expected at least 2 to choose among, found"
                f" {settings.search.captions}"
            )
        model = build_language_model(read_bilm_checkpoint(settings.bilm))
        self.tuning = RerankTuning(model, settings.weights)
        trainer = super().instantiate_trainer(**kwargs)
        trainer.callbacks.append(self.tuning)  # type: ignore[attr-defined]  # set by a helper
        return trainer

    def after_validate(self) -> None:
        """Print what each weight leads to, and how to use the best one."""
        super().after_validate()
        print(f"\n{'weight':>8}{'CIDEr':>9}{'BLEU-4':>9}")
        for tuned in self.tuning.results:
            print(f"{tuned.weight:8.2f}{tuned.cider:9.4f}{tuned.bleu4:9.4f}")
        bilm = self.config_init[self.subcommand].bilm
        best = self.tuning.best.weight
        print(f"\nBest here: --rerank.bilm {bilm} --rerank.weight {best:g}, for test and predict.")


def tune(arguments: Sequence[str]) -> int:
    """Tune as a ``validate`` of these arguments says; return the exit code."""
    return train(arguments, TuneCLI)
