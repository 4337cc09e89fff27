"""A step descends the mean over its words, into however many batches they are split."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn
from torch.utils.data import DataLoader

from captioner.captioners import ElmoCaptioner, LSTMCaptioner, TransformerCaptioner
from captioner.language_models import BiLMOptions
from captioner.text import Vocabulary
from captioner.text.word_table import WordTable
from captioner.training import WordAverage
from captioner.types import CaptionBatch

WORDS = ["a", "red", "blue", "green", "picture", "line", "dot", "on", "and", "no"]
BILM = BiLMOptions(
    character_size=4, filters=((1, 8), (2, 8)), highways=1, projection_size=12, cell_size=16
)
LENGTHS = [1, 2, 9, 10, 4, 12, 1, 2, 7, 3, 3, 11, 2, 9, 5, 8]


def lstm(**settings):
    small = {"hidden_size": 16, "embedding_size": 16, "attention_size": 8}
    return make(LSTMCaptioner, **{**small, "attention_penalty": 0.7, **settings})


def elmo():
    settings = {"bilm": BILM.to_json(), "bilm_weights": "random", "train_bilm": True}
    small = {"hidden_size": 16, "embedding_size": 16, "attention_size": 8}
    return make(ElmoCaptioner, **settings, **small, elmo_penalty=0.5)


def transformer():
    return make(TransformerCaptioner, heads=2, layers=1, feed_forward_size=32)


def make(kind, **settings):
    torch.manual_seed(0)
    shared = {"encoder": "test_efficientnet", "encoder_weights": "random", "image_size": 64}
    shared |= {"width": 16, "dropout": 0.0, "label_smoothing": 0.2}
    model = kind(Vocabulary(WORDS), "ptb", **shared, **settings)
    model.has_weights = True
    return model


def examples(model):
    """Return image tokens (16, 4, F), and captions of very different lengths (16, 1, T)."""
    generator = torch.Generator().manual_seed(1)
    size = (len(LENGTHS), 4, model.model.encoder.features)
    tokens = torch.randn(size, generator=generator, dtype=torch.float64)
    captions = torch.zeros(len(LENGTHS), 1, max(LENGTHS) + 2, dtype=torch.long)
    for row, length in zip(captions, LENGTHS, strict=True):
        row[0, 0], row[0, length + 1] = model.model.vocabulary.bos, model.model.vocabulary.eos
        row[0, 1 : length + 1] = torch.randint(4, 14, (length,), generator=generator)
    return tokens, captions


class Steps(Callback):
    """Keep the gradients of each step, and leave the weights as they are."""

    def __init__(self):
        self.gradients = []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        """Take note, and stay."""
        found = {n: p.grad.clone() for n, p in pl_module.named_parameters() if p.grad is not None}
        self.gradients.append(found)
        for group in optimizer.param_groups:
            group["lr"] = group["weight_decay"] = 0.0


def gradients(model, batches, together):
    """Return the gradients of the steps of an epoch, each of which takes batches together."""
    steps = Steps()
    Trainer(
        accelerator="cpu",
        precision="64-true",
        max_epochs=1,
        accumulate_grad_batches=together,
        callbacks=[steps],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(model, DataLoader(batches, batch_size=None))
    return steps.gradients


def caption_batches(model, size):
    return [
        CaptionBatch(tokens, captions)
        for tokens, captions in zip(*(part.split(size) for part in examples(model)), strict=True)
    ]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for step, whole in zip(found, expected, strict=True):
        assert step.keys() == whole.keys()
        for name, gradient in whole.items():
            torch.testing.assert_close(step[name], gradient, rtol=1e-5, atol=1e-7, msg=name)


@pytest.mark.parametrize("make", [lstm, elmo, transformer])
@pytest.mark.parametrize(("size", "together"), [(4, 2), (1, 8)])
def test_batches_of_a_step_have_the_gradient_of_one_batch(make, size, together):
    expected = gradients(make(), caption_batches(make(), 8), 1)
    found = gradients(make(), caption_batches(make(), size), together)
    assert len(found) == 2
    assert_same(found, expected)


def test_the_last_step_of_an_epoch_may_have_fewer_batches():
    parts = zip(*(part.split((6, 6, 4)) for part in examples(lstm())), strict=True)
    expected = gradients(lstm(), [CaptionBatch(*part) for part in parts], 1)
    found = gradients(lstm(), caption_batches(lstm(), 2), 3)
    assert len(found) == 3
    assert_same(found, expected)


def test_a_bilm_learns_from_words_too(make_bilm):
    model = make_bilm()
    said = [[model.model.vocabulary.words[4 + i % 4] for i in range(length)] for length in LENGTHS]
    table = WordTable(
        model.model.vocabulary.words[4:], model.model.vocabulary, model.hparams.max_characters
    )
    rows = [table.rows(words) for words in said]

    def batches(size):
        return [table.batch(rows[start : start + size]) for start in range(0, len(rows), size)]

    assert_same(gradients(make_bilm(), batches(2), 4), gradients(make_bilm(), batches(8), 1))


def test_a_batch_alone_is_left_as_it_is():
    model: Any = nn.Linear(2, 1)
    model.trainer = SimpleNamespace(accumulate_grad_batches=1, world_size=1)
    loss, average = torch.tensor(1 / 3), WordAverage()
    for batch_idx, words in enumerate((7, 1, 30)):
        assert average.weigh(model, loss, words, batch_idx).item() == loss.item()


def silent(model, count):
    """Return a batch of pictures that nobody has captioned."""
    generator = torch.Generator().manual_seed(2)
    size = (count, 4, model.model.encoder.features)
    tokens = torch.randn(size, generator=generator, dtype=torch.float64)
    return CaptionBatch(tokens, torch.zeros(count, 1, max(LENGTHS) + 2, dtype=torch.long))


@pytest.mark.parametrize("make", [lstm, elmo, transformer])
@pytest.mark.parametrize("places", [(0,), (1,), (2,), (0, 1)])
def test_a_batch_without_a_word_weighs_nothing(make, places):
    model = make()
    spoken = caption_batches(model, 8)[0]
    halves = caption_batches(model, 4)[: 3 - len(places)]
    whole = spoken if len(places) == 1 else halves[0]
    batches = list(halves)
    for place in places:
        batches.insert(place, silent(model, 4))
    assert_same(gradients(make(), batches, 3), gradients(make(), [whole], 1))


@pytest.mark.parametrize("together", [1, 2])
def test_a_step_without_a_word_moves_nothing(together):
    steps = gradients(lstm(), [silent(lstm(), 4)] * 2, together)
    assert len(steps) == 2 // together
    assert not any(gradient.any() for step in steps for gradient in step.values())
