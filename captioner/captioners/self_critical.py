"""SCST loss of a captioner: sampled captions, CIDEr rewards, baseline and REINFORCE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.models.caption_model import CaptionModel
from captioner.search import Forbidden, Hypotheses, greedy_search, sample
from captioner.training import CiderReward, leave_one_out_baseline, policy_loss
from captioner.training.reward import EOS

References = Iterable[tuple[int, Sequence[Sequence[str]]]]


@dataclass(frozen=True)
class SCSTSettings:
    """Settings of self-critical sequence training (SCST): samples, baseline, length.

    Attributes:
        samples: Captions drawn for each image and step.
        baseline: What a sample must beat: the caption of greedy search (Rennie et al., 2017) or the
            mean of the image's other samples (Luo, 2020), which costs no search.
        max_words: Length at which samples are cut.
    """

    samples: int = 5
    baseline: Literal["greedy", "leave_one_out"] = "leave_one_out"
    max_words: int = 24

    def __post_init__(self) -> None:
        """Refuse numbers that are out of range."""
        least = 2 if self.baseline == "leave_one_out" else 1
        if self.samples < least:
            raise CaptionerError(
                f"model.self_critical.samples: expected at least {least}, found {self.samples}"
            )
        if self.max_words < 1:
            raise CaptionerError(
                f"model.self_critical.max_words: expected at least 1, found {self.max_words}"
            )


class SelfCriticalLoss:
    """SCST loss: captions that beat the baseline become likelier, others less likely.

    Args:
        settings: How captions are sampled, and what they are compared with.

    Attributes:
        references: Returns for each training image its id and its references, as words.
    """

    def __init__(self, settings: SCSTSettings) -> None:
        self.settings = settings
        self.references: Callable[[], References] | None = None
        self._reward: CiderReward | None = None

    def __call__(
        self, model: CaptionModel[Any], memory: Tensor, image_ids: Sequence[int]
    ) -> tuple[Tensor, int, dict[str, Tensor]]:
        """Return the loss, how many words were sampled, and the figures to log.

        Args:
            model: Draws captions, and is trained on them; without dropout.
            memory: Image memory (B, N, D).
            image_ids: The images, which are training images.
        """
        sampled = self._sample(model, memory.detach())
        rewards = self._rewards(model, sampled, image_ids)  # (B, S)
        if self.settings.baseline == "greedy":
            greedy = self._greedy_search(model, memory.detach())
            baseline = self._rewards(model, greedy, image_ids).expand_as(rewards)
        else:
            baseline = leave_one_out_baseline(rewards)
        advantages = rewards - baseline
        log_probs, kept = _log_probabilities(model, memory, sampled)
        loss = policy_loss(log_probs, advantages.unsqueeze(-1).expand_as(kept)[kept])
        return (
            loss,
            log_probs.numel(),
            {
                "train/reward": rewards.mean(),
                "train/baseline": baseline.mean(),
                "train/reward_gap": advantages.mean(),
            },
        )

    def _sample(self, model: CaptionModel[Any], memory: Tensor) -> Hypotheses:
        found = sample(
            model.decoder.step,
            model.decoder.start(memory),
            seeds=torch.randint(1 << 62, (len(memory),)).tolist(),
            samples=self.settings.samples,
            **self._search_arguments(model, memory),
        )
        # Longest first: what has ended drops out of the recurrence.
        order = found.lengths(model.vocabulary.eos).argsort(dim=1, descending=True)
        image = torch.arange(len(memory), device=memory.device).unsqueeze(1)
        return Hypotheses(found.words[image, order], found.word_scores[image, order])

    def _greedy_search(self, model: CaptionModel[Any], memory: Tensor) -> Hypotheses:
        decoder = model.decoder
        return greedy_search(
            decoder.step, decoder.start(memory), **self._search_arguments(model, memory)
        )

    def _search_arguments(self, model: CaptionModel[Any], memory: Tensor) -> dict[str, Any]:
        """Return the arguments that every search takes."""
        words = model.vocabulary
        return {
            "first": torch.full((len(memory), 1), words.bos, device=memory.device),
            "eos": words.eos,
            "max_words": self.settings.max_words,
            "rules": [Forbidden(_never_said(model, memory.device))],
        }

    def _rewards(
        self, model: CaptionModel[Any], found: Hypotheses, image_ids: Sequence[int]
    ) -> Tensor:
        """Return the reward of each caption (B, S)."""
        if self._reward is None:
            if self.references is None:
                raise CaptionerError(
                    "model.self_critical: expected a CaptionDataModule, whose training captions"
                    " rewards are made of, found other data"
                )
            self._reward = CiderReward(self.references())
        vocabulary = model.vocabulary
        captions, images = [], []
        for image_id, rows in zip(image_ids, found.words.tolist(), strict=True):
            for row in rows:
                ended = [EOS] if vocabulary.eos in row else []
                captions.append([*vocabulary.decode(row), *ended])
                images.append(image_id)
        rewards = self._reward(captions, images).view(found.words.shape[:2])
        return rewards.to(found.words.device)


def _never_said(model: CaptionModel[Any], device: torch.device) -> Tensor:
    return torch.tensor(model.vocabulary.NEVER_SAID, device=device)


def _log_probabilities(
    model: CaptionModel[Any], memory: Tensor, sampled: Hypotheses
) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities (M,) of the sampled words, and their mask (B, S, T)."""
    vocabulary, words = model.vocabulary, sampled.words
    positions = torch.arange(words.size(-1), device=words.device)
    kept = positions < sampled.lengths(vocabulary.eos).unsqueeze(-1)
    first = torch.full_like(words[..., :1], vocabulary.bos)
    tokens = torch.cat([first, words[..., :-1]], dim=-1)
    features = model.decoder.features(memory, tokens, kept.sum(dim=-1))
    logits = model.decoder.readout(features[kept]).float()
    # What may not be drawn has no probability here either.
    logits = logits.index_fill(-1, _never_said(model, words.device), -torch.inf)
    return logits.log_softmax(dim=-1).gather(-1, words[kept].unsqueeze(-1)).squeeze(-1), kept
