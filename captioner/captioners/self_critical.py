"""Self-critical sequence training of a captioner: the second stage, after cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from captioner.data.captions import learnt_words
from captioner.errors import CaptionerError
from captioner.search import Forbidden, Hypotheses, greedy_search, sample
from captioner.training import CiderReward, leave_one_out, policy_loss
from captioner.training.reward import EOS
from captioner.types import CaptionBatch

if TYPE_CHECKING:
    from captioner.captioners.base import Captioner


@dataclass(frozen=True)
class SelfCritical:
    """Say how captions are sampled and judged in self-critical training.

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
        """Refuse what cannot work."""
        least = 2 if self.baseline == "leave_one_out" else 1
        if self.samples < least:
            raise CaptionerError(
                f"model.self_critical.samples: expected at least {least}, found {self.samples}"
            )
        if self.max_words < 1:
            raise CaptionerError(
                f"model.self_critical.max_words: expected at least 1, found {self.max_words}"
            )


class SelfCriticalObjective:
    """Make captions likelier that beat the baseline, and others less likely.

    The network that draws the samples is the one whose probabilities are changed: both run without
    dropout.

    Args:
        settings: How captions are sampled and judged.
    """

    def __init__(self, settings: SelfCritical) -> None:
        self.settings = settings
        self._reward: CiderReward | None = None

    def __call__(
        self, captioner: Captioner, batch: CaptionBatch
    ) -> tuple[Tensor, int, dict[str, Tensor]]:
        """Return what training minimises, how many words were drawn, and the figures to log."""
        captioner.adapter.eval()
        captioner.decoder.eval()
        memory = captioner.see(batch)
        drawn = self._draw(captioner, memory.detach())
        rewards = self._judge(captioner, drawn, batch)  # (B, S)
        if self.settings.baseline == "greedy":
            found = self._greedy(captioner, memory.detach())
            baseline = self._judge(captioner, found, batch).expand_as(rewards)
        else:
            baseline = leave_one_out(rewards)
        advantages = rewards - baseline
        log_probs, kept = _log_probabilities(captioner, memory, drawn)
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

    def _draw(self, captioner: Captioner, memory: Tensor) -> Hypotheses:
        words = captioner.vocabulary
        found = sample(
            captioner.decoder.step,
            captioner.decoder.start(memory),
            torch.full((len(memory), 1), words.bos, device=memory.device),
            eos=words.eos,
            max_words=self.settings.max_words,
            seeds=torch.randint(1 << 62, (len(memory),)).tolist(),
            samples=self.settings.samples,
            rules=[Forbidden(_special(captioner, memory.device))],
        )
        # Longest first: what has ended drops out of the recurrence.
        order = found.lengths(words.eos).argsort(dim=1, descending=True)
        image = torch.arange(len(memory), device=memory.device).unsqueeze(1)
        return Hypotheses(found.words[image, order], found.word_scores[image, order])

    def _greedy(self, captioner: Captioner, memory: Tensor) -> Hypotheses:
        words = captioner.vocabulary
        return greedy_search(
            captioner.decoder.step,
            captioner.decoder.start(memory),
            torch.full((len(memory), 1), words.bos, device=memory.device),
            eos=words.eos,
            max_words=self.settings.max_words,
            rules=[Forbidden(_special(captioner, memory.device))],
        )

    def _judge(self, captioner: Captioner, found: Hypotheses, batch: CaptionBatch) -> Tensor:
        """Return the reward of each caption (B, S)."""
        if self._reward is None:
            examples = captioner.trainer.datamodule.splits.train  # type: ignore[attr-defined]
            self._reward = CiderReward(
                (example.image_id, learnt_words(example.captions, captioner.tokenizer))
                for example in examples
            )
        vocabulary = captioner.vocabulary
        captions, images = [], []
        for image_id, rows in zip(batch.image_ids, found.words.tolist(), strict=True):
            for row in rows:
                ended = [EOS] if vocabulary.eos in row else []
                captions.append([*vocabulary.decode(row), *ended])
                images.append(image_id)
        rewards = self._reward(captions, images).view(found.words.shape[:2])
        return rewards.to(found.words.device)


def _special(captioner: Captioner, device: torch.device) -> Tensor:
    return torch.tensor(captioner.vocabulary.NEVER_SAID, device=device)


def _log_probabilities(
    captioner: Captioner, memory: Tensor, drawn: Hypotheses
) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities (M,) of the drawn words, and where they stand (B, S, T)."""
    vocabulary, words = captioner.vocabulary, drawn.words
    positions = torch.arange(words.size(-1), device=words.device)
    kept = positions < drawn.lengths(vocabulary.eos).unsqueeze(-1)
    first = torch.full_like(words[..., :1], vocabulary.bos)
    tokens = torch.cat([first, words[..., :-1]], dim=-1)
    features = captioner.decoder.features(memory, tokens, kept.sum(dim=-1))
    logits = captioner.decoder.readout(features[kept]).float()
    # What may not be drawn has no probability here either.
    logits = logits.index_fill(-1, _special(captioner, words.device), -torch.inf)
    return logits.log_softmax(dim=-1).gather(-1, words[kept].unsqueeze(-1)).squeeze(-1), kept
