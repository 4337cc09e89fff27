"""Self-critical training of a whole captioner."""

import pytest
import torch

from captioner.captioners import LSTMCaptioner
from captioner.captioners.self_critical import (
    SCSTSettings,
    SelfCriticalLoss,
    _log_probabilities,
)
from captioner.data.formats.caption_cleaning import learnt_words
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.text import Vocabulary, get_tokenizer
from captioner.types import CaptionBatch

pytestmark = pytest.mark.integration

WORDS = ["a", "red", "blue", "picture", "of", "the"]
CAPTIONS = {3: ["A red picture."], 8: ["The blue picture.", "A picture of blue."]}


def make_loss(**settings) -> SelfCriticalLoss:
    loss, tokenizer = SelfCriticalLoss(SCSTSettings(**settings)), get_tokenizer("ptb")
    loss.references = lambda: (
        (image_id, learnt_words(texts, tokenizer)) for image_id, texts in CAPTIONS.items()
    )
    return loss


def found(objective, model, batch):
    model.eval()
    return objective(model, model.memory(batch.images), batch.image_ids)


@pytest.fixture
def captioner() -> LSTMCaptioner:
    torch.manual_seed(0)
    return LSTMCaptioner(
        Vocabulary(WORDS),
        "ptb",
        encoder="test_efficientnet",
        encoder_weights="random",
        image_size=64,
        width=16,
        embedding_size=16,
        hidden_size=24,
        attention_size=8,
        dropout=0.5,
    )


@pytest.fixture
def batch(captioner) -> CaptionBatch:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(2, 4, captioner.model.encoder.features, generator=generator)
    return CaptionBatch(tokens, torch.zeros(2, 1, 5, dtype=torch.long), image_ids=[8, 3])


@pytest.mark.parametrize("baseline", ["greedy", "leave_one_out"])
def test_reward_rises(captioner, batch, baseline):
    objective = make_loss(samples=8, baseline=baseline, max_words=8)
    optimizer = torch.optim.Adam(captioner.parameters(), lr=5e-3)
    rewards = []
    for _ in range(120):
        loss, _, figures = found(objective, captioner.model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rewards.append(figures["train/reward"].item())
    assert sum(rewards[-10:]) > 3 * sum(rewards[:10])
    captioner.model.search_settings = SearchSettings(max_words=8)
    texts = [best.text.lower() for best, *_ in captioner(batch.images)]
    assert "blue" in texts[0]
    assert "red" in texts[1]


def test_figures_are_reward_baseline_and_their_gap(captioner, batch):
    objective = make_loss(samples=4, baseline="greedy", max_words=6)
    _, _, figures = found(objective, captioner.model, batch)
    assert set(figures) == {"train/reward", "train/baseline", "train/reward_gap"}
    gap = figures["train/reward"] - figures["train/baseline"]
    torch.testing.assert_close(figures["train/reward_gap"], gap)


@torch.no_grad()
def test_samples_are_scored_by_the_network_that_drew_them(captioner, batch):
    captioner.train()
    objective = make_loss(samples=5, max_words=7)
    captioner.model.adapter.eval()
    captioner.model.decoder.eval()
    memory = captioner.model.memory(batch.images)
    drawn = objective._sample(captioner.model, memory)
    log_probs, kept = _log_probabilities(captioner.model, memory, drawn)
    assert int(kept.sum()) == int(drawn.lengths(captioner.model.vocabulary.eos).sum())
    # The search reports the model's own probability; here it is shared out among what may be said.
    assert bool((log_probs >= drawn.word_scores[kept] - 1e-5).all())
    special = [
        captioner.model.vocabulary.pad,
        captioner.model.vocabulary.bos,
        captioner.model.vocabulary.unk,
    ]
    assert not torch.isin(drawn.words[kept], torch.tensor(special)).any()


def test_gradients_reach_adapter_and_decoder(captioner, batch):
    objective = make_loss(samples=6, max_words=7)
    loss, _, _ = found(objective, captioner.model, batch)
    loss.backward()
    assert captioner.model.adapter.projection.weight.grad.abs().sum() > 0
    assert captioner.model.decoder.output.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"samples": 1}, "model.self_critical.samples: expected at least 2, found 1"),
        ({"samples": 0, "baseline": "greedy"}, "samples: expected at least 1, found 0"),
        ({"max_words": 0}, "model.self_critical.max_words: expected at least 1, found 0"),
    ],
)
def test_what_cannot_work_is_refused(settings, sentence):
    with pytest.raises(CaptionerError, match=sentence):
        SCSTSettings(**settings)
