"""Weights move to a larger vocabulary without a change to what was known."""

from pathlib import Path

import pytest
import torch

from captioner.captioners import LSTMCaptioner, TransformerCaptioner
from captioner.captioners.transfer import extend_vocabulary, initialize_from_checkpoint
from captioner.checkpoints.checkpoint_file import Checkpoint
from captioner.text import Vocabulary

SMALL = {"encoder": "test_efficientnet", "encoder_weights": "random", "image_size": 64}
MODELS = {
    "LSTM": (LSTMCaptioner, {"hidden_size": 16, "embedding_size": 16, "attention_size": 8}),
    "LSTM, tied weights": (
        LSTMCaptioner,
        {"hidden_size": 16, "embedding_size": 16, "attention_size": 8, "tie_weights": True},
    ),
    "Transformer, tied weights": (
        TransformerCaptioner,
        {"heads": 4, "layers": 2, "feed_forward_size": 32, "tie_weights": True},
    ),
}
OLD = Vocabulary(["a", "dog", "runs"])


def build(name, vocabulary, seed):
    torch.manual_seed(seed)
    kind, settings = MODELS[name]
    return kind(vocabulary, "ptb", width=16, dropout=0.5, **SMALL, **settings)


def saved(captioner):
    return Checkpoint(
        path=Path("first.ckpt"),
        model=type(captioner).__name__,
        architecture=dict(captioner.hparams),
        vocabulary=captioner.model.vocabulary,
        tokenizer="ptb",
        preprocessing=captioner.model.encoder.preprocessing,
        about={},
        weights=captioner.state_dict(),
        resumable=False,
    )


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_the_scores_of_known_words_stay_and_new_words_keep_their_own(name):
    first = build(name, OLD, seed=0).eval()
    second = build(name, extend_vocabulary(OLD, ["dog", "cat", "sits"]), seed=1).eval()
    fresh = second.model.decoder.output.weight[len(OLD) :].clone()
    initialize_from_checkpoint(second, saved(first))
    assert second.has_weights
    pixels, tokens = torch.randn(2, 3, 64, 64), torch.tensor([[[1, 4, 5, 6]], [[1, 5, 6, 2]]])
    expected = first.model.decoder(first.model.memory(pixels), tokens)
    found = second.model.decoder(second.model.memory(pixels), tokens)
    assert found.shape[-1] == expected.shape[-1] + 2
    torch.testing.assert_close(found[..., : len(OLD)], expected)
    assert torch.equal(second.model.decoder.output.weight[len(OLD) :], fresh)
    assert fresh.std() > 0
    tied = "tied" in name
    assert (second.model.decoder.output.weight is second.model.decoder.embedding.weight) == tied


def test_takes_no_weights_of_other_words():
    first = build("LSTM", OLD, seed=0)
    second = build("LSTM", Vocabulary(["a", "cat", "runs", "dog"]), seed=1)
    with pytest.raises(ValueError, match="expected it to begin with the words of the checkpoint"):
        initialize_from_checkpoint(second, saved(first))


def test_a_vocabulary_is_extended_by_words_and_by_nothing_special():
    assert extend_vocabulary(OLD, Vocabulary(["cat", "a"]).words).words[4:] == (
        "a",
        "dog",
        "runs",
        "cat",
    )
