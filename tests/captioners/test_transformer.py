"""The Transformer captioner: what it builds, learns, stores and refuses."""

import pytest
import torch

from captioner import load_captioner
from captioner.__main__ import main
from captioner.captioners import TransformerCaptioner
from captioner.checkpoints.checkpoint_file import read_checkpoint
from captioner.errors import CaptionerError
from captioner.layers import POSITIONS
from captioner.models.loading import load_model
from captioner.text import Vocabulary

WORDS = ["a", "red", "blue", "green", "picture", "line", "dot", "on", "and", "no"]
SMALL = {"width": 32, "heads": 4, "layers": 2, "feed_forward_size": 64, "dropout": 0.0}


def small(**settings) -> TransformerCaptioner:
    torch.manual_seed(0)
    return TransformerCaptioner(
        Vocabulary(WORDS),
        "ptb",
        encoder="test_efficientnet",
        encoder_weights="random",
        image_size=64,
        **{**SMALL, **settings},
    )


def test_learns_eight_pictures_by_heart():
    captioner = small()
    vocabulary = captioner.model.vocabulary
    torch.manual_seed(1)
    pixels = torch.randn(8, 3, 64, 64)
    with torch.no_grad():
        tokens = captioner.model.encoder(pixels)
    lengths = [3, 4, 5, 6, 7, 4, 5, 6]
    said = [torch.randint(4, len(vocabulary), (length,)).tolist() for length in lengths]
    captions = torch.full((8, 1, 9), vocabulary.pad)
    for row, words in zip(captions, said, strict=True):
        row[0, : len(words) + 2] = torch.tensor([vocabulary.bos, *words, vocabulary.eos])
    optimizer = torch.optim.Adam(captioner.parameters(), lr=3e-3)
    for _ in range(120):
        loss = captioner.cross_entropy(captioner.model.memory(tokens), captions)[0].smoothed
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = captioner.eval()(pixels)
    expected = [vocabulary.decode(words) for words in said]
    assert [caption.words for caption, *_ in found] == expected
    assert found[0][0].attention.shape == (4, 4)  # three words and <eos>, two by two image tokens


@pytest.mark.parametrize("positions", POSITIONS)
def test_position_schemes_are_chosen_by_name(positions):
    captioner = small(positions=positions)
    assert type(captioner.model.decoder.positions) is POSITIONS[positions]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heads": 5}, "model.heads: expected a divisor of the width 32, found 5"),
        ({"width": 31, "heads": 1}, "model.width: expected an even number"),
        ({"layers": 0}, "model.layers: expected 1 to 64, found 0"),
        ({"encoder_layers": -1}, "model.encoder_layers: expected 0 to 64, found -1"),
        ({"feed_forward_size": 0}, "model.feed_forward_size: expected 1 to 262144, found 0"),
        ({"heads": 32, "positions": "rotary"}, "model.width: expected an even number per head"),
    ],
)
def test_refuses_sizes_that_do_not_work(settings, message):
    with pytest.raises(CaptionerError, match=message):
        small(**settings)


def test_one_file_is_enough(colours, tmp_path):
    settings = [f"--model.{name}={value}" for name, value in SMALL.items()]
    fit = [
        "fit",
        "--model=TransformerCaptioner",
        "--model.encoder=test_efficientnet",
        "--model.encoder_weights=random",
        "--model.image_size=64",
        *settings,
        "--model.norm_first=true",
        "--model.encoder_layers=1",
        "--model.tie_weights=true",
        "--data=CocoDataModule",
        *(
            f"--data.{name}_annotations={colours}/annotations/captions_{name}.json"
            for name in ("train", "val")
        ),
        f"--data.images={colours}/images",
        f"--data.cache_dir={tmp_path}/cache",
        "--data.num_workers=0",
        "--trainer.accelerator=cpu",
        "--trainer.max_epochs=1",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
        f"--runs_dir={tmp_path}",
    ]
    assert main(fit) == 0
    path = tmp_path / "captioner" / "version_0" / "checkpoints" / "best.ckpt"
    decoder = load_model(read_checkpoint(path)).decoder
    assert len(decoder.encoder) == 1
    assert decoder.output.weight is decoder.embedding.weight
    assert len(load_captioner(path).caption([colours / "images" / "val_0.png"])) == 1


def test_dropout_of_attention_weights_is_a_setting_of_its_own():
    assert small(dropout=0.3).model.decoder.attention_dropout == 0.3
    captioner = small(dropout=0.3, attention_dropout=0.0)
    assert captioner.model.decoder.attention_dropout == 0
    assert captioner.model.decoder.dropout.rate == 0.3
    assert "attention_dropout" not in captioner.hparams
    with pytest.raises(CaptionerError, match="model.attention_dropout: expected 0 to below 1"):
        small(attention_dropout=1.0)
