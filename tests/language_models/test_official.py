"""The official format: read as its makers compute it, written so that it comes back."""

import json
import os
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from captioner.errors import CaptionerError
from captioner.language_models import BiLM, BiLMOptions
from captioner.language_models.official import read_official, read_options, write_official
from captioner.language_models.official_layout import shapes
from captioner.text.characters import BOS, EOS, character_ids

SMALL = BiLMOptions(
    character_size=3,
    filters=((1, 4), (3, 7)),
    highways=2,
    projection_size=5,
    cell_size=9,
    cell_clip=0.5,
    projection_clip=0.3,
    max_characters=20,
)
SENTENCES = [
    "a dog runs",
    "snow",
    "two très-grands dogs play in the snow with a small red ball",
    "the",
    "a man rides a horse",
    "a a a a",
    "犬 が 走る",
    "incomprehensibilities of counterrevolutionaries",
    'he said : " go ! "',
] * 4
SENTENCES = SENTENCES[:30]


def drawn(options: BiLMOptions) -> BiLM:
    torch.manual_seed(0)
    bilm = BiLM(options).eval()
    for name, parameter in bilm.named_parameters():
        torch.nn.init.normal_(parameter, std=0.4)
        if name == "characters.embedding.weight":
            torch.nn.init.zeros_(parameter.detach()[0])
    return bilm


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    options, weights = tmp_path / "options.json", tmp_path / "weights.hdf5"
    write_official(drawn(SMALL), options, weights)
    return options, weights


def compare(reference, options: Path, weights: Path, *, stateful: bool) -> None:
    """Compare 10 batches of 3 sentences with the equations, at the tolerance of 5e-6."""
    bilm, reference = read_official(options, weights), reference(options, weights)
    states = None
    for start in range(0, 30, 3):
        batch = [[BOS, *text.split(), EOS] for text in SENTENCES[start : start + 3]]
        lengths = torch.tensor([len(words) for words in batch])
        ids = torch.zeros(3, int(lengths.max()), bilm.options.max_characters, dtype=torch.int64)
        for row, words in enumerate(batch):
            ids[row, : len(words)] = character_ids(words, bilm.options.max_characters)
        with torch.inference_mode():
            found, after = bilm.unroll(bilm.characters(ids), lengths, states)
        states = after if stateful else None
        if not stateful:
            reference.states.clear()
        for row, words in enumerate(batch):
            expected = reference.sentence(words[1:-1], row)
            actual = found[:, row, : len(words)].numpy()
            assert np.abs(actual - expected).max() < 5e-6


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("skip", [False, True])
def test_equals_the_equations_of_its_makers(reference, tmp_path, stateful, skip):
    options, weights = tmp_path / "options.json", tmp_path / "weights.hdf5"
    fields = json.loads(SMALL.to_json())
    fields["lstm"]["use_skip_connections"] = skip
    write_official(drawn(BiLMOptions.from_json(json.dumps(fields))), options, weights)
    compare(reference, options, weights, stateful=stateful)


REAL = Path(os.environ.get("CAPTIONER_REAL_DATA", "absent")) / "elmo_tiny"


@pytest.mark.skipif(not REAL.is_dir(), reason="CAPTIONER_REAL_DATA names no folder of real data")
@pytest.mark.parametrize("stateful", [False, True])
def test_the_makers_own_tiny_model(reference, stateful):
    files = REAL / "options.json", REAL / "lm_weights.hdf5"
    compare(reference, *files, stateful=stateful)


@pytest.mark.skipif(not REAL.is_dir(), reason="CAPTIONER_REAL_DATA names no folder of real data")
def test_a_file_of_the_makers_comes_back(tmp_path):
    bilm = read_official(REAL / "options.json", REAL / "lm_weights.hdf5")
    write_official(bilm, tmp_path / "options.json", tmp_path / "weights.hdf5")
    with h5py.File(REAL / "lm_weights.hdf5") as old, h5py.File(tmp_path / "weights.hdf5") as new:
        for name, shape in shapes(bilm.options).items():
            assert old[name].shape == new[name].shape == shape
            assert np.abs(old[name][...] - new[name][...]).max() <= (6e-8 if name[-1] == "B" else 0)


def test_round_trip(files, tmp_path):
    bilm, again = drawn(SMALL), read_official(*files)
    assert again.options == SMALL
    assert not again.training
    for name, weight in bilm.state_dict().items():
        found = again.state_dict()[name]
        torch.testing.assert_close(found, weight, rtol=0, atol=6e-8)
        if not name.endswith("input.bias"):
            assert torch.equal(found, weight)
    write_official(again, tmp_path / "o.json", tmp_path / "w.hdf5")
    once_more = read_official(tmp_path / "o.json", tmp_path / "w.hdf5").state_dict()
    assert all(torch.equal(once_more[name], weight) for name, weight in again.state_dict().items())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "o.json",
        "options.json",
        "w.hdf5",
        "weights.hdf5",
    ]


def test_what_was_read_can_be_trained(files):
    bilm = read_official(*files)
    assert all(parameter.requires_grad for parameter in bilm.parameters())
    assert not any(parameter.is_meta for parameter in bilm.parameters())
    ids = character_ids([BOS, "a", EOS], 20)
    bilm(bilm.characters(ids)[None], torch.tensor([3])).sum().backward()
    gradient = bilm.characters.embedding.weight.grad
    assert gradient is not None
    assert not gradient[0].any()


PUBLISHED = {
    "small": (128, 1024, 1, 13.6),
    "medium": (256, 2048, 1, 28.0),
    "original": (512, 4096, 2, 93.6),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sizes(name):
    projection, cell, highways, millions = PUBLISHED[name]
    options = BiLMOptions(projection_size=projection, cell_size=cell, highways=highways)
    with torch.device("meta"):
        bilm = BiLM(options)
    found = shapes(options)
    assert found["char_embed"] == (261, 16)
    assert found["CNN/W_cnn_6"] == (1, 7, 16, 1024)
    assert found["CNN_proj/W_proj"] == (2048, projection)
    assert found["RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell/W_0"] == (2 * projection, 4 * cell)
    assert found["RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell/W_P_0"] == (cell, projection)
    assert (
        f"CNN_high_{highways - 1}/W_carry" in found,
        f"CNN_high_{highways}/W_carry" in found,
    ) == (
        True,
        False,
    )
    stored = sum(int(np.prod(shape)) for shape in found.values())
    parameters = sum(parameter.numel() for parameter in bilm.parameters())
    assert parameters - stored == 16  # the row that masks
    assert round(parameters / 1e6, 1) == millions


def edit(files, change) -> None:
    with h5py.File(files[1], "r+") as file:
        change(file)


def test_weights_that_do_not_fit_the_options(files):
    cell = "RNN_0/RNN/MultiRNNCell/Cell1/LSTMCell"
    changes = {
        f"expected numbers of shape (10, 36) at {cell}/W_0, as the options say, found none": (
            lambda file: file.pop(f"{cell}/W_0")
        ),
        f"at {cell}/W_0, as the options say, found (3,)": (
            lambda file: file.create_dataset(f"{cell}/W_0", data=np.zeros(3))
        ),
        f"at {cell}/W_0, as the options say, found (10, 36)": (
            lambda file: (
                file.pop(f"{cell}/W_0"),
                file.create_dataset(f"{cell}/W_0", data=np.full((10, 36), "x", dtype="S1")),
            )
        ),
        f"at {cell}/W_0, as the options say, found a group": (
            lambda file: (file.pop(f"{cell}/W_0"), file.create_group(f"{cell}/W_0"))
        ),
    }
    for message, change in changes.items():
        edit(files, change)
        with pytest.raises(CaptionerError, match=re.escape(message)):
            read_official(*files)


def test_a_layer_more_than_the_options_say(files):
    fields = json.loads(files[0].read_text())
    fields["lstm"]["n_layers"] = 1
    files[0].write_text(json.dumps(fields))
    with pytest.raises(CaptionerError, match="expected the weights that the options name, found"):
        read_official(*files)


def test_other_things_in_the_file_do_not_matter(files):
    edit(files, lambda file: file.create_dataset("softmax/W", data=np.zeros(3)))
    read_official(*files)


def test_numbers_that_are_none(files):
    def spoil(file):
        file["char_embed"][3, 1] = np.nan

    edit(files, spoil)
    with pytest.raises(CaptionerError, match="expected finite numbers at char_embed"):
        read_official(*files)


@pytest.mark.parametrize("part", [0, 1, 100, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off(files, part):
    content = files[1].read_bytes()
    files[1].write_bytes(content[: int(part * len(content)) if part < 1 else part])
    with pytest.raises(CaptionerError, match="weights.hdf5: expected") as error:
        read_official(*files)
    assert "\n" not in str(error.value)


def test_files_that_are_none(files, tmp_path):
    for options, message in (
        (tmp_path / "none.json", "none.json: expected the options of a biLM"),
        (tmp_path, "expected the options of a biLM"),
        (files[1], "weights.hdf5: "),
    ):
        with pytest.raises(CaptionerError, match=message):
            read_options(options)
    for weights, message in (
        (tmp_path / "none.hdf5", "none.hdf5: expected an HDF5 file, found nothing there"),
        (tmp_path, "expected an HDF5 file, found a folder"),
        (os.devnull, "expected an HDF5 file, found a device or pipe"),
        (files[0], "options.json: expected a whole HDF5 file"),
    ):
        with pytest.raises(CaptionerError, match=message):
            read_official(files[0], weights)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CaptionerError, match="could not be written"):
        write_official(drawn(SMALL), tmp_path / "o.json", tmp_path / "none" / "w.hdf5")
    with pytest.raises(CaptionerError, match=r"o\.json: could not be written"):
        write_official(drawn(SMALL), tmp_path / "none" / "o.json", tmp_path / "w.hdf5")


def test_what_was_there_stays_until_all_is_written(files, monkeypatch):
    kept = shutil.copy(files[1], files[1].with_name("kept"))

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises(CaptionerError, match=r"weights\.hdf5: could not be written \(disk full\)"):
        write_official(drawn(SMALL), *files)
    assert files[1].read_bytes() == Path(kept).read_bytes()
    assert not list(files[1].parent.glob("*.tmp"))
