"""The ELMo captioner: what it reads, learns, stores, and where its biLM comes from."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from captioner.captioners import ElmoCaptioner, LSTMCaptioner
from captioner.checkpoints.checkpoint_file import Checkpoint
from captioner.errors import CaptionerError
from captioner.language_models import BiLM, BiLMOptions
from captioner.language_models.official import write_official
from captioner.models.architectures import elmo_decoder
from captioner.models.loading import check_model
from captioner.text import Vocabulary
from captioner.text.characters import BOS, EOS, character_ids
from captioner.types import CaptionBatch

WORDS = ["a", "red", "blue", "green", "picture", "line", "dot", "on", "and", "no"]
OPTIONS = BiLMOptions(
    character_size=4, filters=((1, 8), (2, 8)), highways=1, projection_size=12, cell_size=16
)
SMALL = {"width": 32, "hidden_size": 48, "embedding_size": 48, "attention_size": 16, "dropout": 0.0}


def small(kind=ElmoCaptioner, **settings):
    torch.manual_seed(0)
    if kind is ElmoCaptioner:
        settings = {"bilm": OPTIONS.to_json(), "bilm_weights": "random", **settings}
    return kind(
        Vocabulary(WORDS),
        "ptb",
        encoder="test_efficientnet",
        encoder_weights="random",
        image_size=64,
        **{**SMALL, **settings},
    )


def batch(captioner, lengths=(3, 4, 5, 6, 7, 4, 5, 6)) -> CaptionBatch:
    """Return as many random pictures and captions."""
    torch.manual_seed(1)
    vocabulary = captioner.model.vocabulary
    captions = torch.full((len(lengths), 1, max(lengths) + 2), vocabulary.pad)
    for row, length in zip(captions, lengths, strict=True):
        said = torch.randint(4, len(vocabulary), (length,)).tolist()
        row[0, : length + 2] = torch.tensor([vocabulary.bos, *said, vocabulary.eos])
    with torch.no_grad():
        tokens = captioner.eval().model.encoder(torch.randn(len(lengths), 3, 64, 64))
    return CaptionBatch(tokens, captions)


def test_learns_eight_pictures_by_heart():
    captioner = small()
    pictures = batch(captioner)
    optimizer = torch.optim.Adam([p for p in captioner.parameters() if p.requires_grad], lr=5e-3)
    captioner.train()
    for _ in range(120):
        memory = captioner.model.memory(pictures.images)
        loss = captioner.cross_entropy(memory, pictures.captions)[0].smoothed
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = captioner.eval()(pictures.images)
    expected = [
        captioner.model.vocabulary.decode(words) for words in pictures.captions[:, 0].tolist()
    ]
    assert [caption.words for caption, *_ in found] == expected


def test_is_the_lstm_captioner_with_wider_input():
    elmo, lstm = small().state_dict(), small(LSTMCaptioner).state_dict()
    own = {name for name in elmo if name.startswith("decoder.elmo.")}
    assert elmo.keys() - own == lstm.keys()
    wider = [name for name in lstm if lstm[name].shape != elmo[name].shape]
    assert wider == ["decoder.cell.weight"]
    difference = elmo["decoder.cell.weight"].size(1) - lstm["decoder.cell.weight"].size(1)
    assert difference == OPTIONS.projection_size


def test_what_reads_backwards_is_not_even_stored():
    assert not [name for name in small().state_dict() if "backward" in name]


def test_the_markers_of_a_sentence_are_those_of_the_bilm():
    captioner = small()
    vocabulary, spelling = captioner.model.vocabulary, captioner.elmo.spelling
    expected = character_ids([BOS, EOS, "picture"])
    ids = [vocabulary.bos, vocabulary.eos, vocabulary.encode(["picture"])[1]]
    assert torch.equal(spelling[ids], expected)
    assert not spelling[vocabulary.pad].any()


def test_the_checkpoint_needs_no_other_file(tmp_path):
    options = tmp_path / "options.json"
    options.write_text(OPTIONS.to_json())
    captioner = small(bilm=str(options))
    assert json.loads(captioner.hparams["bilm"]) == json.loads(OPTIONS.to_json())
    assert not {"bilm_weights", "train_bilm", "elmo_gamma"} & captioner.hparams.keys()


@pytest.mark.parametrize("bilm", ["/etc/hostname", "options.json", None])
def test_a_checkpoint_cannot_have_other_files_read(bilm):
    captioner = small()
    checkpoint = Checkpoint(
        path=Path("hostile.ckpt"),
        model="ElmoCaptioner",
        architecture={**captioner.hparams, "bilm": bilm},
        vocabulary=captioner.model.vocabulary,
        tokenizer="ptb",
        about={},
        weights=captioner.state_dict(),
        resumable=False,
        preprocessing=captioner.model.encoder.preprocessing,
    )
    with pytest.raises(CaptionerError, match=r"hostile\.ckpt: bilm: expected its sizes"):
        check_model(checkpoint)


def test_sizes_that_make_no_bilm_are_told():
    sizes = json.loads(OPTIONS.to_json())
    sizes["lstm"]["n_layers"] = 0
    with pytest.raises(CaptionerError, match=r"model\.bilm: .*n_layers|model\.bilm: layers"):
        elmo_decoder(
            Vocabulary(["a"]), 8, bilm=json.dumps(sizes), elmo_layers="top", elmo_layer_norm=False,
            embedding_size=4, hidden_size=4, attention_size=4, attention=True, tie_weights=False,
        )  # fmt: skip


def test_published_weights_are_read(tmp_path):
    torch.manual_seed(3)
    bilm = BiLM(OPTIONS)
    files = tmp_path / "options.json", tmp_path / "weights.hdf5"
    write_official(bilm, *files)
    captioner = small(bilm=str(files[0]), bilm_weights=str(files[1]))
    captioner.load_pretrained_weights()
    words = torch.tensor([[[1, 4, 5]]])
    spelt = bilm.characters(captioner.elmo.spelling[words[0]])
    expected = bilm(spelt, torch.tensor([3]))[..., : OPTIONS.projection_size].mean(dim=0)
    torch.testing.assert_close(captioner.elmo(words)[0], expected)


def test_weights_of_another_size_are_refused(tmp_path):
    other = BiLM(BiLMOptions(filters=((1, 8), (2, 9)), projection_size=12, cell_size=20))
    files = tmp_path / "options.json", tmp_path / "weights.hdf5"
    write_official(other, *files)
    captioner = small(bilm_weights=str(files[1]))
    captioner.bilm_files = str(files[0]), str(files[1])
    with pytest.raises(CaptionerError, match="expected the weights of the biLM that model.bilm"):
        captioner.load_pretrained_weights()


def test_no_weights_are_missed_in_time():
    captioner = small(bilm_weights=None)
    with pytest.raises(CaptionerError, match=r"model\.bilm_weights: expected the weights"):
        captioner.load_pretrained_weights()


@pytest.mark.parametrize(
    ("layers", "expected"),
    [("learned", (0, 1, 2)), ("top", (2,)), ("bottom", (0,)), ([0, 2], (0, 2))],
)
def test_layers_are_chosen_by_name_or_number(layers, expected):
    assert small(elmo_layers=layers).elmo.layers == expected


@pytest.mark.parametrize("layers", [[], [3], [-1], [1, 1]])
def test_layers_that_are_not_there_are_refused(layers):
    with pytest.raises(CaptionerError, match=r"model\.elmo_layers: expected layers from 0 to 2"):
        small(elmo_layers=layers)


@pytest.mark.parametrize("trained", [False, True])
def test_the_bilm_learns_only_where_asked(trained):
    captioner = small(train_bilm=trained)
    pictures = batch(captioner)
    memory = captioner.train().model.memory(pictures.images)
    captioner.cross_entropy(memory, pictures.captions)[0].smoothed.backward()
    learnt = {name for name, weight in captioner.elmo.named_parameters() if weight.grad is not None}
    everything = {name for name, _ in captioner.elmo.named_parameters()}
    assert learnt == (everything if trained else captioner.elmo.own_weights)


def test_the_penalty_counts_how_far_the_layers_are_apart():
    captioner = small(elmo_penalty=0.5)
    pictures = batch(captioner)
    memory = captioner.model.memory(pictures.images)
    kept = pictures.captions[..., 1:] != captioner.model.vocabulary.pad
    with torch.no_grad():
        captioner.elmo.mix.logits.copy_(torch.tensor([1.0, 0.0, 0.0]))
        _, penalty = captioner.features_and_penalty(memory, pictures.captions[..., :-1], kept)
    assert penalty.item() == pytest.approx(0.5 * captioner.elmo.mix.spread.item())
    assert penalty.item() > 0


def test_shares_and_gamma_are_logged(monkeypatch):
    captioner, logged = small(elmo_layers=[0, 2], elmo_gamma=0.8), {}
    monkeypatch.setattr(captioner, "log_dict", lambda values, **_: logged.update(values))
    monkeypatch.setattr(captioner, "log", lambda *_, **__: None)
    trainer = SimpleNamespace(accumulate_grad_batches=1, world_size=1)
    monkeypatch.setattr(LSTMCaptioner, "trainer", trainer)
    captioner.training_step(batch(captioner), 0)
    assert logged["elmo/gamma"].item() == pytest.approx(0.8)
    shares = [logged[f"elmo/share of layer {layer}"].item() for layer in (0, 2)]
    assert shares == [0.5, 0.5]


def test_a_missing_bilm_is_named():
    with pytest.raises(CaptionerError, match=r"model\.bilm: expected the checkpoint of a biLM"):
        small(bilm=None)
    with pytest.raises(CaptionerError, match="nowhere.ckpt"):
        small(bilm="nowhere.ckpt")
    with pytest.raises(CaptionerError, match="nowhere.json"):
        small(bilm="nowhere.json")
