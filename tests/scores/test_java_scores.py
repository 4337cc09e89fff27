"""METEOR and SPICE: with Java, without it, and when it fails or hangs."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from captioner.errors import CaptionerError
from captioner.scores.java import ScorerMissingError
from captioner.scores.meteor import meteor, meteor_values
from captioner.scores.spice import spice

pytestmark = pytest.mark.integration

CAPTIONS = [["a", "dog", "runs"], ["two", "cats"], []]
REFERENCES = [
    [["the", "dogs", "are", "running"], ["a", "dog", "runs"]],
    [["some", "kittens", "sleep"]],
    [["a", "man"]],
]
MODELS = "spice/lib/stanford-corenlp-3.6.0-models.jar"


@pytest.fixture
def spice_files(fake_package):
    for name in ("spice/spice-1.0.jar", MODELS):
        (fake_package / name).parent.mkdir(parents=True, exist_ok=True)
        (fake_package / name).touch()
    return fake_package


@pytest.fixture
def meteor_files(fake_package):
    (fake_package / "meteor").mkdir()
    (fake_package / "meteor" / "meteor-1.5.jar").touch()
    return fake_package


@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
def test_meteor_equals_pycocoevalcap():
    peer = pytest.importorskip("pycocoevalcap.meteor.meteor").Meteor()
    results = {i: [" ".join(words)] for i, words in enumerate(CAPTIONS)}
    truth = {i: [" ".join(words) for words in each] for i, each in enumerate(REFERENCES)}
    corpus, images = peer.compute_score(truth, results)
    score = meteor(CAPTIONS, REFERENCES)
    assert score.corpus == pytest.approx(corpus, rel=0, abs=1e-9)
    np.testing.assert_allclose(score.images, images, rtol=0, atol=1e-9)
    assert score.resampled(np.ones((1, 3)))[0] == pytest.approx(score.corpus, abs=1e-12)


def test_meteor_from_counts_that_the_java_program_printed():
    """One caption matched but for a synonym, and one of six words of which one stem fits."""
    counts = "4 4 1 1 2 2 1 1 0 0 0 0 0 0 0 0 1 1 0 0 1 4 4"
    partly = "6 1 1 0 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1"
    values = meteor_values(np.array([counts.split(), partly.split()], dtype=float))
    perfect = (2 * 0.75 + 0.25 + 0.6 * 0.75) / (3 * 0.75 + 0.25)
    precision, recall = 0.75 / (5 * 0.75 + 0.25), 1.0
    mean = precision * recall / (0.85 * precision + 0.15 * recall)
    np.testing.assert_allclose(values, [perfect, mean * (1 - 0.6)], atol=1e-12)


@pytest.mark.parametrize("score", [meteor, spice])
def test_no_java(score, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ScorerMissingError, match="a Java runtime"):
        score(CAPTIONS, REFERENCES)


@pytest.mark.parametrize("score", [meteor, spice])
def test_no_package(score, fake_java, fake_package):
    fake_java("")
    with pytest.raises(ScorerMissingError, match=r"captioner\[java-scores\]"):
        score(CAPTIONS, REFERENCES)


def test_spice_without_models(fake_java, spice_files):
    fake_java("")
    (spice_files / MODELS).unlink()
    with pytest.raises(ScorerMissingError, match="parser models"):
        spice(CAPTIONS, REFERENCES)


ANSWER = """
names = dict(zip(sys.argv[4:], sys.argv[5:]))
asked = json.load(open(sys.argv[4]))
values = [0.5, 0.25, float("nan")]
rows = [{"image_id": row["image_id"], "scores": {"All": {"f": values[row["image_id"]]}}}
        for row in asked]
json.dump(rows[::-1], open(names["-out"], "w"))
"""


def test_spice_reads_what_the_program_answers(fake_java, spice_files):
    fake_java(ANSWER)
    score = spice(CAPTIONS, REFERENCES)
    assert score.images.tolist() == [0.5, 0.25, 0.0]
    assert score.corpus == 0.25


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("sys.exit('OutOfMemoryError: heap')", "OutOfMemoryError: heap"),
        ("sys.exit(3)", "exit code 3"),
        ("", "an answer that cannot be read"),
        (ANSWER.replace("rows[::-1]", "rows[1:]"), "an answer that cannot be read"),
    ],
)
def test_spice_fails(script, found, fake_java, spice_files):
    fake_java(script)
    with pytest.raises(CaptionerError, match=found):
        spice(CAPTIONS, REFERENCES)


def test_spice_hangs(fake_java, spice_files):
    fake_java("time.sleep(60)")
    with pytest.raises(CaptionerError, match=r"none within 0\.3 s"):
        spice(CAPTIONS, REFERENCES, timeout=0.3)


@pytest.mark.parametrize("script", ["", "sys.exit(1)", "input(); print('1 2 3'); time.sleep(60)"])
def test_meteor_fails(script, fake_java, meteor_files):
    fake_java(script)
    with pytest.raises(CaptionerError, match="a program that failed"):
        meteor(CAPTIONS, REFERENCES)


def test_meteor_says_what_java_said(fake_java, meteor_files):
    fake_java("print('Could not reserve enough space', file=sys.stderr)")
    with pytest.raises(CaptionerError, match=r"that failed \(Could not reserve enough space\)$"):
        meteor(CAPTIONS, REFERENCES)


def test_meteor_hangs(fake_java, meteor_files):
    fake_java("time.sleep(60)")
    with pytest.raises(CaptionerError, match=r"none within 0\.3 s"):
        meteor(CAPTIONS, REFERENCES, timeout=0.3)
