"""idf tables, diversity and CLIPScore."""

from __future__ import annotations

import json

import numpy as np
import pytest

from captioner.errors import CaptionerError
from captioner.scores import IdfTable, cider
from captioner.scores.clip import clip_score, ref_clip_score
from captioner.scores.diversity import distinct, mutual_bleu, novel_share, words_used

DOG, CAT = ["a", "dog", "runs"], ["a", "cat"]
REFERENCES = [[DOG, CAT], [DOG], [CAT, CAT], [["two", "birds"]]]


def test_a_table_of_the_references_changes_nothing(tmp_path):
    captions = [DOG, CAT, ["a", "a"], ["two", "dogs"]]
    table = IdfTable.build(REFERENCES)
    expected = cider(captions, REFERENCES).images
    np.testing.assert_allclose(cider(captions, REFERENCES, table).images, expected, atol=1e-12)
    table.save(tmp_path / "idf.json", "ptb")
    assert IdfTable.load(tmp_path / "idf.json", "ptb") == table
    assert [file.name for file in tmp_path.iterdir()] == ["idf.json"]


def test_a_table_gives_one_image_a_score():
    assert cider([DOG], [[DOG]]).corpus == 0
    assert cider([DOG], [[DOG]], IdfTable.build(REFERENCES)).corpus == pytest.approx(7.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("{", "no JSON"),
        ("[]", "an idf table with"),
        ('{"images": 1, "counts": {}}', "an idf table with"),
        ('{"tokenizer": "x", "images": 1, "counts": {}}', "words of the tokenizer 'ptb'"),
        ('{"tokenizer": "ptb", "images": 0, "counts": {}}', "above 0, found 0"),
        ('{"tokenizer": "ptb", "images": true, "counts": {}}', "above 0, found True"),
        ('{"tokenizer": "ptb", "images": 2, "counts": []}', "above 0"),
        ('{"tokenizer": "ptb", "images": 2, "counts": {"a": 3}}', "from 1 to 2"),
        ('{"tokenizer": "ptb", "images": 2, "counts": {"a": "x"}}', "from 1 to 2"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_bad_tables_are_named(tmp_path, text, message):
    file = tmp_path / "idf.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CaptionerError, match=message) as error:
        IdfTable.load(file, "ptb")
    assert str(file) in str(error.value)


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "idf.json").mkdir()
    with pytest.raises(CaptionerError, match="could not be written"):
        IdfTable.build(REFERENCES).save(tmp_path / "idf.json", "ptb")
    assert [file.name for file in tmp_path.iterdir()] == ["idf.json"]


def test_diversity():
    captions = [DOG, CAT, DOG]
    assert distinct(captions, 1) == 4 / 8
    assert distinct(captions, 2) == 3 / 5
    assert distinct([["a"]], 2) == 0.0
    assert words_used(captions) == 4
    assert novel_share(captions, [CAT]) == pytest.approx(2 / 3)
    assert novel_share([], [CAT]) == 0.0
    assert json.dumps(distinct([], 1)) == "0.0"


def test_mutual_bleu():
    same = ["a", "b", "c", "d", "e"]
    assert mutual_bleu([[same, same, same]]) == pytest.approx(1.0)
    assert mutual_bleu([[same, ["v", "w", "x", "y", "z"]]]) < 1e-3
    both = mutual_bleu([[same, same, same], [same, ["v", "w", "x", "y", "z"]]])
    assert both == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(CaptionerError, match="at least two captions"):
        mutual_bleu([[same]])


def test_clip_score():
    images = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.0, 0.0]], np.float32)
    captions = np.array([[2.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [1.0, 0.0]], np.float32)
    score = clip_score(images, captions)
    np.testing.assert_allclose(score.images, [2.5, 2.5 / 2**0.5, 0, 0], rtol=1e-6)
    assert score.corpus == pytest.approx(score.images.mean())
    references = [np.array([[0.0, 1.0], [1.0, 0.0]]), captions[1:2], captions[2:3], captions[3:]]
    found = ref_clip_score(images, captions, references).images
    first, second = 2 * 2.5 / 3.5, 2 * score.images[1] / (score.images[1] + 1)
    np.testing.assert_allclose(found, [first, second, 0, 0], rtol=1e-6)
