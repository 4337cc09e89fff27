"""Golden checkpoints: files of an earlier version load, caption and go on as they did then.

``files/`` holds, for each way to train, a checkpoint that a run wrote in the middle of an epoch,
and beside it what was found when it was made: what ``info`` said, captions and log-probabilities,
and what the same run logged and ended with that nobody stopped. Nothing here but the command line,
``load_captioner`` and the names of the weights is used, so that the tests outlive a change of all
that is below.

The files are never made again, and no test makes one: one that was made by the code that is tested
would prove nothing. ``python -m tests.golden.make NAME`` makes a new one, of a new way to train
(``recipes.py``), and refuses those that are there.

If the format has to change, ``FORMAT`` in ``captioner/checkpoints/checkpoint_file.py`` rises, and
the sentence that refuses older files names the command that converts them. These files stay as they
are, and the tests convert them first; what is expected of them stays too. Of the new format others
are made.
"""

import contextlib
import io
import json
import re
import zipfile
from functools import cache
from pathlib import Path

import pytest

from captioner.__main__ import main
from tests.golden import measures
from tests.golden.pictures import write_data
from tests.golden.recipes import FILES, GOLDEN, command, last

pytestmark = pytest.mark.integration

# On other processors and versions of torch, losses were found to differ by 3e-6 of their value,
# norms by 1e-7, those of changes by 6e-6 and log-probabilities by 2e-5. A random state that is
# lost, a batch left out or trained on twice, an optimizer that forgets, and the rate of another
# step all change a loss by 9e-4 and the norm of a change by 5e-2, at least.
LOSS, NORM, CHANGE = 1e-4, 1e-4, 1e-3
LOG_PROBABILITY = 1e-4


@cache
def expected(name):
    return json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Return the data set of all golden runs."""
    folder = tmp_path_factory.mktemp("golden") / "data"
    write_data(folder)
    return folder


def test_each_is_small_and_has_its_expectations():
    names = {path.stem for path in FILES.glob("*.ckpt")}
    assert names == {path.stem for path in FILES.glob("*.json")} == set(GOLDEN)
    for path in FILES.iterdir():
        assert path.stat().st_size < 1_000_000, path


@pytest.mark.parametrize("name", GOLDEN)
def test_it_says_nothing_of_the_machine_that_made_it(name):
    with zipfile.ZipFile(FILES / f"{name}.ckpt") as archive:
        (values,) = (part for part in archive.namelist() if part.endswith("/data.pkl"))
        paths = re.findall(rb"(?<![\w.])/\w[\w./-]+", archive.read(values))
    assert all(path.startswith(b"/tmp/golden/runs/") for path in paths)


@pytest.mark.parametrize("name", GOLDEN)
def test_it_is_what_it_was(name):
    assert measures.facts(FILES / f"{name}.ckpt") == expected(name)["facts"]


@pytest.mark.parametrize("name", [name for name in GOLDEN if "captions" in expected(name)])
def test_it_captions_as_it_did(name, data):
    found = measures.captions(FILES / f"{name}.ckpt", data)
    assert found.keys() == expected(name)["captions"].keys()
    for picture, captions in expected(name)["captions"].items():
        assert list(found[picture]) == list(captions)  # best first
        assert found[picture] == pytest.approx(captions, abs=LOG_PROBABILITY)


@pytest.mark.parametrize("name", [name for name in GOLDEN if "perplexities" in expected(name)])
def test_it_finds_sentences_as_likely_as_it_did(name, data, tmp_path):
    found = measures.perplexities(FILES / f"{name}.ckpt", GOLDEN[name], data, tmp_path)
    assert found == pytest.approx(expected(name)["perplexities"], rel=LOG_PROBABILITY)


@pytest.mark.parametrize("name", GOLDEN)
def test_it_goes_on_as_if_it_had_not_been_stopped(name, data, tmp_path):
    golden, recipe = FILES / f"{name}.ckpt", GOLDEN[name]
    # The dropout stands for all that the command of the run named: the rest is in the record.
    more = (f"--ckpt_path={golden}", f"--name={name}", "--model.dropout=0.2")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(command("fit", recipe, data, tmp_path, *more)) == 0
    end = last(tmp_path, name)
    curves = measures.curves(end.parents[1], after=recipe.steps)
    assert curves.keys() == expected(name)["curves"].keys()
    for tag, values in expected(name)["curves"].items():
        assert curves[tag] == pytest.approx(values, rel=LOSS, abs=LOSS / 10), tag
    norms = measures.norms(measures.weights(golden), measures.weights(end))
    assert norms.keys() == expected(name)["norms"].keys()
    for weight, (norm, change) in expected(name)["norms"].items():
        assert norms[weight][0] == pytest.approx(norm, rel=NORM), weight
        assert norms[weight][1] == pytest.approx(change, rel=CHANGE), weight
