"""``elmo``: sentences in, vectors out; neighbours; the official format."""

import os
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from captioner.__main__ import main
from captioner.language_models import BiLM, BiLMOptions, sentence_vectors
from captioner.language_models.official import read_official, write_official

pytestmark = pytest.mark.integration

TEXT = "a dog runs\nthe dog sleeps\n\na dog runs\nsnow falls on the river bank\nthe bank is shut\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return ``--options .. --weights ..`` of a small model."""
    folder = tmp_path_factory.mktemp("biLM")
    torch.manual_seed(0)
    bilm = BiLM(
        BiLMOptions(character_size=4, filters=((1, 6), (3, 8)), projection_size=5, cell_size=9)
    )
    for parameter in bilm.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    write_official(bilm, folder / "options.json", folder / "weights.hdf5")
    return ["--options", str(folder / "options.json"), "--weights", str(folder / "weights.hdf5")]


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "sentences.txt"
    file.write_text(TEXT)
    return file


def arrays(file: Path) -> dict[str, np.ndarray]:
    with h5py.File(file) as found:
        return {name: found[name][...] for name in found}


def test_a_data_set_for_each_line(model, text, tmp_path, capsys):
    out = tmp_path / "out.hdf5"
    assert main(["elmo", *model, str(text), str(out)]) == 0
    found = arrays(out)
    lines = [line.split() for line in TEXT.splitlines()]
    assert sorted(found) == [str(number) for number in range(6)]
    bilm = read_official(model[1], model[3])
    for number, vectors in enumerate(sentence_vectors(bilm, lines)):
        array = found[str(number)]
        assert array.dtype == np.float32
        assert array.shape == (3, len(lines[number]), 10)
        np.testing.assert_allclose(array, vectors.numpy(), rtol=1e-5, atol=1e-6)
    assert "6 data sets of 3 layers x words x 10, 1 of them of no words" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.tmp"))


def test_batches_change_nothing_unless_states_are_kept(model, text, tmp_path):
    found = []
    for number, extra in enumerate((["--batch_size=2"], ["--batch_size=2", "--stateful"], [])):
        out = tmp_path / f"{number}.hdf5"
        assert main(["elmo", *model, str(text), str(out), *extra]) == 0
        found.append(arrays(out))
    small, stateful, large = found
    for name in large:
        np.testing.assert_allclose(small[name], large[name], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(stateful["1"], large["1"], rtol=1e-5, atol=1e-6)
    assert np.abs(stateful["3"][1:] - large["3"][1:]).max() > 1e-3  # it goes on from line 1
    np.testing.assert_allclose(stateful["3"][0], large["3"][0], rtol=1e-5, atol=1e-6)


def test_lines_of_other_systems(model, tmp_path):
    file, out = tmp_path / "dos.txt", tmp_path / "out.hdf5"
    file.write_bytes("\ufeffa dog\r\nun  chien\u2028noir".encode())
    assert main(["elmo", *model, str(file), str(out)]) == 0
    assert {name: array.shape[1] for name, array in arrays(out).items()} == {"0": 2, "1": 3}


def test_neighbours(model, text, capsys):
    assert main(["elmo", *model, str(text), "--neighbours=bank", "--nearest=2"]) == 0
    out = capsys.readouterr().out
    assert "bank: 2 of 2 occurrences, layer 2" in out
    first, second = out.split("\n\n")[1:]
    assert first.splitlines()[0].strip() == "4: snow falls on the river [bank]"
    assert second.splitlines()[0].strip() == "5: the [bank] is shut"
    for part, own in ((first, "4:"), (second, "5:")):
        neighbours = part.splitlines()[1:]
        assert len(neighbours) == 2
        assert all(re.match(r"  -?[01]\.\d{3} +\d: .*\[\w+\]", line) for line in neighbours)
        assert not any(own in line for line in neighbours)
        values = [float(line.split()[0]) for line in neighbours]
        assert values == sorted(values, reverse=True)


def test_the_same_word_without_context_is_the_nearest_of_its_spelling(model, text, capsys):
    assert main(["elmo", *model, str(text), "--neighbours=bank", "--layer=0", "--nearest=1"]) == 0
    out = capsys.readouterr().out
    assert "1.000      5: the [bank] is shut" in out
    assert "1.000      4: snow falls on the river [bank]" in out


def test_repeated_sentences_and_many_occurrences(model, text, capsys):
    assert main(["elmo", *model, str(text), "--neighbours=dog", "--occurrences=1"]) == 0
    out = capsys.readouterr().out
    assert "dog: 1 of 2 occurrences" in out
    assert "3:" not in out


def test_export(model, text, tmp_path):
    assert main(["elmo", *model, "--export", str(tmp_path / "new" / "model")]) == 0
    exported = [tmp_path / "new" / "model" / name for name in ("options.json", "weights.hdf5")]
    again = ["--options", str(exported[0]), "--weights", str(exported[1])]
    files = [tmp_path / "a.hdf5", tmp_path / "b.hdf5"]
    for flags, file in zip((model, again), files, strict=True):
        assert main(["elmo", *flags, str(text), str(file)]) == 0
    old, new = map(arrays, files)
    assert all(np.array_equal(old[name], new[name]) for name in old)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{text}", "{out}"], "expected --ckpt_path, or --options and --weights, found neither"),
        (["{text}", "{out}", "--options={options}"], "--weights, found --options"),
        (
            ["{model}", "--ckpt_path=x", "{text}", "{out}"],
            "and --weights and --ckpt_path",
        ),
        (["{model}", "{text}"], "expected an output file, --neighbours or --export, found none"),
        (["{model}", "--neighbours=dog"], "sentences: expected a file to look for neighbours in"),
        (["{model}", "{text}", "--neighbours=cat"], "a word of the sentences, found 'cat'"),
        (["{model}", "{text}", "--neighbours=dog", "--layer=3"], "expected 0 to 2, found 3"),
        (["{model}", "{text}", "--neighbours=dog", "--stateful"], "stateful: expected for an"),
        (["{model}", "none.txt", "{out}"], "none.txt: expected sentences, one a line"),
        (["{model}", "{empty}", "{out}"], "empty.txt: expected sentences, one a line, found an"),
        (["{model}", "{text}", "{text}"], "expected another file than the inputs"),
        (["{model}", "{text}", "none/out.hdf5"], "out: expected a file in a folder that exists"),
        (["{model}", "{text}", "{out}", "--batch_size=0"], "batch_size"),
        (["--ckpt_path={text}", "{text}", "{out}"], "sentences.txt: expected a checkpoint"),
        (["{model}", "--export={text}"], "sentences.txt: expected a folder to write"),
    ],
    ids=range(15),
)
def test_what_is_wrong_is_one_sentence(model, text, tmp_path, capsys, arguments, message):
    (tmp_path / "empty.txt").write_text("")
    out = tmp_path / "out.hdf5"
    names = {"text": text, "out": out, "options": model[1], "empty": tmp_path / "empty.txt"}
    argv = []
    for argument in arguments:
        argv += model if argument == "{model}" else [argument.format(**names)]
    assert main(["elmo", *argv]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not out.exists()
    assert text.read_text() == TEXT


def test_what_was_there_stays_if_the_run_fails(model, text, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.hdf5"
    out.write_bytes(b"kept")

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    assert main(["elmo", *model, str(text), str(out)]) == 2
    assert "could not be written (disk full)" in capsys.readouterr().err
    assert out.read_bytes() == b"kept"
    assert not list(tmp_path.glob("*.tmp"))


REAL = Path(os.environ.get("CAPTIONER_REAL_DATA", "absent")) / "elmo_tiny"


@pytest.mark.skipif(not REAL.is_dir(), reason="CAPTIONER_REAL_DATA names no folder of real data")
def test_the_published_tiny_model(text, tmp_path):
    files = [f"--options={REAL}/options.json", f"--weights={REAL}/lm_weights.hdf5"]
    out = tmp_path / "out.hdf5"
    assert main(["elmo", *files, str(text), str(out), "--batch_size=3", "--stateful"]) == 0
    assert arrays(out)["4"].shape == (3, 6, 32)


def test_a_checkpoint_of_ours(make_bilm, text, tmp_path):
    from lightning.pytorch import Trainer

    from captioner.data import TextDataModule

    (tmp_path / "text.txt").write_text("A dog.\nA cat runs.\nA dog runs.")
    data = TextDataModule(str(tmp_path / "text.txt"), holdout=1)
    model = make_bilm(("a", "dog", "runs"))
    data.vocabulary = model.model.vocabulary
    quiet: dict[str, Any] = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = Trainer(max_epochs=1, accelerator="cpu", enable_checkpointing=False, **quiet)
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "bilm.ckpt")
    ours, theirs, folder = tmp_path / "a.hdf5", tmp_path / "b.hdf5", tmp_path / "official"
    checkpoint = f"--ckpt_path={tmp_path}/bilm.ckpt"
    assert main(["elmo", checkpoint, str(text), str(ours), f"--export={folder}"]) == 0
    files = [f"--options={folder}/options.json", f"--weights={folder}/weights.hdf5"]
    assert main(["elmo", *files, str(text), str(theirs)]) == 0
    (vectors,) = sentence_vectors(model.model.eval().bilm, [["a", "dog", "runs"]])
    np.testing.assert_allclose(arrays(ours)["0"], vectors.numpy(), rtol=1e-4, atol=1e-6)
    for name, array in arrays(ours).items():
        np.testing.assert_allclose(arrays(theirs)[name], array, rtol=1e-4, atol=1e-6)
