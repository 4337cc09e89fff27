"""The LightningModule: loss, penalty, captions, checkpoint contents."""

import math

import pytest
import torch

from captioner.captioners import LSTMCaptioner, feature_watch
from captioner.captioners.self_critical import SCSTSettings
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.text import Vocabulary
from captioner.types import CaptionBatch

WORDS = ["a", "red", "blue", "picture"]


def small(**settings) -> LSTMCaptioner:
    torch.manual_seed(0)
    return LSTMCaptioner(
        Vocabulary(WORDS),
        "ptb",
        **{
            "encoder": "test_efficientnet",
            "encoder_weights": "random",
            "image_size": 64,
            "width": 16,
            "hidden_size": 16,
            "embedding_size": 16,
            "attention_size": 8,
            **settings,
        },
    )


def batch_of(captions: list[list[list[int]]]) -> CaptionBatch:
    generator = torch.Generator().manual_seed(1)
    return CaptionBatch(
        images=torch.randn(len(captions), 3, 64, 64, generator=generator),
        captions=torch.tensor(captions),
        references=[["A red picture."]] * len(captions),
    )


@torch.no_grad()
def test_padding_and_absent_references_do_not_change_the_loss():
    captioner = small(label_smoothing=0.2, attention_penalty=1.0).eval()
    short = batch_of([[[1, 4, 5, 2]], [[1, 4, 6, 2]]])
    padded = batch_of(
        [[[1, 4, 5, 2, 0, 0], [0] * 6, [0] * 6], [[1, 4, 6, 2, 0, 0], [0] * 6, [0] * 6]]
    )
    memory = captioner.model.memory(short.images)
    expected, expected_penalty = captioner.cross_entropy(memory, short.captions)
    found, penalty = captioner.cross_entropy(memory, padded.captions)
    torch.testing.assert_close(found.smoothed + penalty, expected.smoothed + expected_penalty)
    torch.testing.assert_close(found.plain, expected.plain)
    assert expected.words == found.words == 6


@torch.no_grad()
def test_penalty_is_the_squared_distance_of_summed_attention_from_one():
    captioner = small(attention_penalty=2.0, label_smoothing=0.0).eval()
    batch = batch_of([[[1, 4, 5, 2], [1, 4, 2, 0]]])
    memory = captioner.model.memory(batch.images)
    _, penalty = captioner.cross_entropy(memory, batch.captions)
    _, weights = captioner.model.decoder.unroll(memory, batch.captions[..., :-1])
    assert weights is not None
    first = (1 - weights[0, 0].sum(0)).square().sum()
    second = (1 - weights[0, 1, :2].sum(0)).square().sum()
    # Over the words of both captions, <eos> included: three and two.
    torch.testing.assert_close(penalty, 2.0 * (3 * first + 2 * second) / 5)


@torch.no_grad()
def test_pixels_and_their_tokens_give_the_same_captions():
    captioner = small().eval()
    pixels = batch_of([[[1, 2]], [[1, 2]]]).images
    tokens = captioner.model.encoder(pixels)
    assert captioner(pixels) == captioner(tokens)


@torch.no_grad()
def test_captions_carry_their_probability():
    captioner = small().eval()
    captioner.model.search_settings = SearchSettings(max_words=3)
    (caption,) = captioner(batch_of([[[1, 2]]]).images)[0]
    assert len(caption.words) <= 3
    ended = len(caption.words) < 3  # a caption of the greatest length is cut
    assert len(caption.word_probabilities) == len(caption.words) + ended
    total = sum(math.log(p) for p in caption.word_probabilities)
    assert caption.log_probability == pytest.approx(total, rel=1e-5)
    assert "<unk>" not in caption.words


def test_only_architecture_is_saved_as_hyper_parameters():
    assert dict(small(learning_rate=1.0, dropout=0.3).hparams) == {
        "encoder": "test_efficientnet",
        "image_size": 64,
        "crop_pct": None,
        "encoder_stages": None,
        "width": 16,
        "image_positions": False,
        "hidden_size": 16,
        "embedding_size": 16,
        "attention_size": 8,
        "attention": True,
        "tie_weights": False,
    }


def test_refuses_a_checkpoint_with_another_vocabulary():
    captioner = small()
    other = {"vocabulary": [*Vocabulary.SPECIAL, "a", "blue", "red", "picture"]}
    with pytest.raises(CaptionerError, match="expected the 8 words of the checkpoint, found 8"):
        captioner.on_load_checkpoint(other)
    assert not captioner.has_weights


def test_refuses_to_score_without_weights():
    captioner = small()
    with pytest.raises(CaptionerError, match="ckpt_path: expected a checkpoint"):
        captioner.test_step(batch_of([[[1, 2]]]), 0)


def test_refuses_to_score_features_that_are_no_numbers():
    captioner = small()
    captioner.has_weights = True
    batch = batch_of([[[1, 4, 2]], [[1, 5, 2]]])
    batch.image_ids, batch.groups = [7, 9], ["", ""]
    batch.images[1, 0, 0, 0] = float("nan")
    for step in (captioner.validation_step, captioner.test_step):
        with pytest.raises(CaptionerError, match="^image 9: expected image features that are fin"):
            step(batch, 0)
    batch.image_ids = []
    with pytest.raises(CaptionerError, match="^image 1: expected image features that are fin"):
        captioner.test_step(batch, 0)


@pytest.mark.parametrize("self_critical", [None, SCSTSettings()])
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("cached", [False, True])
def test_features_that_are_no_numbers_end_a_training_before_a_weight_becomes_one(
    self_critical, value, cached
):
    captioner = small(self_critical=self_critical)
    batch = batch_of([[[1, 4, 5, 2]], [[1, 4, 6, 2]]])
    batch.image_ids = [17, 23]
    if cached:
        batch.images = captioner.model.encoder(batch.images)
    batch.images[1, 0, 0] = value
    with pytest.raises(CaptionerError, match=r"^image 23: expected image features that are finite"):
        captioner.training_loss(batch)
    batch.image_ids = []
    with pytest.raises(CaptionerError, match=r"^image 1: expected image features"):
        captioner.training_loss(batch)


def test_what_a_gpu_sees_is_looked_at_before_it_is_saved(monkeypatch):
    monkeypatch.setattr(feature_watch, "is_ready", lambda value: False)
    captioner = small()
    batch = batch_of([[[1, 4, 5, 2]], [[1, 4, 6, 2]]])
    batch.image_ids = [17, 23]
    captioner.training_loss(batch)
    captioner.run_deferred_checks()
    batch.images[1, 0, 0] = math.nan
    captioner.training_loss(batch)  # the GPU has not come to it yet
    with pytest.raises(CaptionerError, match=r"^image 23: expected image features that are finite"):
        captioner.on_save_checkpoint({"state_dict": captioner.state_dict()})


def test_images_without_any_reference_pull_no_weight_anywhere():
    captioner = small(attention_penalty=1.0)
    nothing = batch_of([[[0, 0, 0, 0]], [[0, 0, 0, 0]]])
    total, *_ = captioner.training_loss(nothing)
    total.backward()
    gradients = [weight.grad for weight in captioner.parameters() if weight.grad is not None]
    assert total == 0
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)
