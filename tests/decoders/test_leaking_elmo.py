"""A biLM run over the whole caption shows the decoder its next word: what catches that.

``docs/reading-the-answer.md`` explains the experiment and quotes its figures, which
``pytest tests/decoders/test_leaking_elmo.py -s`` prints.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from captioner.decoders import CausalELMo, LSTMDecoder
from captioner.language_models import BiLM, BiLMOptions
from captioner.search import greedy_search

WORDS, CHOICES = 6, 8  # a caption has 6 words of 8 choices; its picture shows every other one
V, D, BOS, EOS = 4 + CHOICES, 32, 1, 2
OPTIONS = BiLMOptions(
    character_size=4, filters=((1, 16), (2, 16)), highways=1, projection_size=24, cell_size=48
)
NOISE, STEPS = 0.3, 400
SPELLING = torch.arange(V).unsqueeze(1) * torch.ones(1, 6, dtype=torch.long)


class LeakingELMo(CausalELMo):
    """What must not be built: both directions over the whole caption, as for finished text."""

    def __init__(self, layers) -> None:
        super().__init__(OPTIONS, SPELLING, layers=layers)
        self.backward_lm = BiLM(OPTIONS).backward_lm.requires_grad_(False)
        self.size = 2 * OPTIONS.projection_size
        self.prefix: list[torch.Tensor] = []

    def forward(self, tokens, lengths=None):
        """Read the whole caption from both sides."""
        words = self._look_up(tokens).flatten(0, 1)
        left, _ = self.forward_lm(words)
        right, _ = self.backward_lm(words)
        both = torch.cat([torch.cat([words, words], dim=-1)[None], torch.cat([left, right], -1)])
        return self.mix(both[list(self.layers)]).unflatten(0, tokens.shape[:2])

    def start(self, images):
        """Forget what was written."""
        self.prefix = []
        return super().start(images)

    def step(self, tokens, state):
        """Do what is left to do while writing: read both ways what there is so far."""
        self.prefix.append(tokens)
        return self(torch.stack(self.prefix, dim=-1))[:, :, -1], state


def build(kind) -> LSTMDecoder:
    torch.manual_seed(0)
    decoder = LSTMDecoder(V, D, embedding_size=32, hidden_size=64, attention_size=32, dropout=0.0)
    if kind is LeakingELMo:
        decoder.attach_elmo(LeakingELMo(layers=[0, 1, 2]))
    else:
        decoder.attach_elmo(CausalELMo(OPTIONS, SPELLING, layers=[0, 1, 2]))
    return decoder


def pictures(count, seed):
    """Return image memory (B, N, D) and captions (B, 1, T): token n shows what word n is."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(CHOICES, (count, WORDS), generator=generator)
    place = torch.eye(WORDS).expand(count, -1, -1)
    noise = NOISE * torch.randn(count, WORDS, D, generator=generator)
    visible = (torch.arange(WORDS) % 2 == 0).float().view(-1, 1)
    shown = torch.cat([F.one_hot(words, CHOICES) * visible, place], dim=-1)
    memory = F.pad(shown, (0, D - shown.size(-1))) + noise
    ends = torch.full((count, 1), BOS), torch.full((count, 1), EOS)
    return memory, torch.cat([ends[0], words + 4, ends[1]], dim=-1).unsqueeze(1)


@pytest.mark.parametrize("kind", [CausalELMo, LeakingELMo])
@torch.no_grad()
def test_the_causality_property_catches_the_leak(kind):
    decoder = build(kind).eval()
    memory, captions = pictures(4, seed=0)
    tokens = captions[..., :-1]
    changed = tokens.clone()
    changed[..., 4] = (changed[..., 4] - 4 + 1) % CHOICES + 4
    before, after = decoder(memory, tokens), decoder(memory, changed)
    assert torch.equal(before[..., :4, :], after[..., :4, :]) is (kind is CausalELMo)


def experiment(kind) -> tuple[float, float, float]:
    """Return the last training loss, and the share of right words read and written."""
    decoder = build(kind)
    learnt = [weight for weight in decoder.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(learnt, lr=5e-3)
    for step in range(STEPS):
        memory, captions = pictures(64, seed=1 + step)  # never the same: nothing to learn by heart
        logits = decoder(memory, captions[..., :-1])
        loss = F.cross_entropy(logits.flatten(0, 2), captions[..., 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    memory, captions = pictures(64, seed=0)
    decoder.eval()
    with torch.no_grad():
        read = decoder(memory, captions[..., :-1]).argmax(dim=-1)
        start = decoder.start(memory)
        found = greedy_search(decoder.step, start, captions[..., 0], eos=EOS, max_words=WORDS + 1)
    written = F.pad(found.words, (0, WORDS + 1 - found.words.size(-1)))
    shown = slice(0, WORDS, 2)
    expected = captions[..., 1:][..., shown]
    right = [(words[..., shown] == expected).float().mean().item() for words in (read, written)]
    print(f"\n{kind.__name__}: loss {loss:.3f}, right words {right[0]:.0%}, written {right[1]:.0%}")
    return loss.item(), *right


@pytest.mark.integration
def test_who_reads_the_answer_seems_to_learn_more_and_writes_worse():
    # Three of seven words, <eos> counted, cannot be known from the picture.
    least = 3 / 7 * math.log(CHOICES)
    loss, read, written = experiment(CausalELMo)
    assert loss > 0.98 * least
    assert written == pytest.approx(read, abs=0.02)
    assert written > 0.9
    leaking_loss, leaking_read, leaking_written = experiment(LeakingELMo)
    assert leaking_loss < 0.7 * least  # nobody can know that: it was told
    assert leaking_read > 0.9
    assert leaking_written < written - 0.1
