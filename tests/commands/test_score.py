"""``score`` and ``idf``: what they write, and every way their inputs can be wrong."""

import contextlib
import gzip
import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.commands import idf, score
from captioner.data.formats.example import Example
from captioner.data.formats.results_file import read_results
from captioner.errors import CaptionerError

REFERENCES = {
    3: ("dog.jpg", "", ["A dog runs fast.", "The dog is running."]),
    1: ("cat.jpg", "new", ["Two cats sleep."]),
    2: ("bus.jpg", "new", ["A red bus (empty).", "The bus is red."]),
}
CAPTIONS = {1: "Two cats.", 2: "A red bus.", 3: "A dog runs."}
NAMES = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr"]
FAST = ["--samples", "50"]


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


@pytest.fixture
def annotations(tmp_path):
    images = [
        {"id": image, "file_name": file, "group": group}
        for image, (file, group, _) in REFERENCES.items()
    ]
    texts = [(image, text) for image, (_, _, texts) in REFERENCES.items() for text in texts]
    records = [
        {"id": number, "image_id": image, "caption": text}
        for number, (image, text) in enumerate(texts)
    ]
    return write(tmp_path / "annotations.json", {"images": images, "annotations": records})


def results(captions=CAPTIONS):
    return [{"image_id": image, "caption": caption} for image, caption in captions.items()]


@pytest.fixture
def scored(tmp_path, annotations, capsys):
    """Run ``score`` on results; return exit code, written scores, what was printed."""

    def run(content, *options):
        file = write(tmp_path / "results.json", content)
        out = tmp_path / "scores.json"
        code = score.run(["score", file, annotations, "--out", str(out), *FAST, *options])
        return code, json.loads(out.read_text()), capsys.readouterr()

    return run


def test_writes_every_score_with_its_interval(scored):
    code, content, printed = scored(results())
    assert code == 0
    assert list(content)[: len(NAMES)] == NAMES
    assert list(content["ci95"]) == NAMES
    assert all(low <= content[name] + 1e-9 for name, (low, _) in content["ci95"].items())
    assert list(content["groups"]) == ["new"]
    assert content["idf"] == "the references of the 3 images scored"
    lines = [line for line in printed.out.splitlines() if "CIDEr" in line]
    assert len(lines) == 2
    assert all("the references of the 3 images scored" in line for line in lines)


def test_formats_and_order_do_not_matter(scored):
    _, expected, _ = scored(results())
    for content in (
        results(dict(reversed(CAPTIONS.items()))),
        "\n".join(map(json.dumps, results())) + "\n\n",
        "\ufeff" + json.dumps(results()),
        "\n".join(
            json.dumps({"file": f"some/folder/{REFERENCES[image][0]}", "caption": caption, "x": 1})
            for image, caption in CAPTIONS.items()
        ),
    ):
        assert scored(content)[1] == expected


def test_per_image_lines(scored, tmp_path):
    _, content, _ = scored(results(), "--per-image", str(tmp_path / "images.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "images.jsonl").read_text().splitlines()]
    assert [line["image_id"] for line in lines] == [3, 1, 2]
    assert lines[0]["caption"] == "A dog runs."
    values = [line["CIDEr"] for line in lines]
    assert np.mean(values) == pytest.approx(content["CIDEr"])
    assert np.mean(values[1:]) == pytest.approx(content["groups"]["new"]["CIDEr"])


def test_images_without_caption_are_left_out_and_told(scored):
    code, content, printed = scored(results({3: "A dog runs.", 1: "Two cats."}))
    assert code == 1
    assert content["images"] == 2
    assert "scored 2 of 3 images" in printed.err


def test_empty_caption_scores_nothing(scored):
    code, content, _ = scored(results({**CAPTIONS, 1: ""}))
    assert code == 0
    assert content["groups"]["new"]["CIDEr"] >= 0


def test_against_a_second_file(scored, tmp_path):
    other = write(tmp_path / "other.json", results(dict.fromkeys(CAPTIONS, "A boat.")))
    code, content, printed = scored(results(), "--against", other)
    assert code == 0
    difference = content["against"]["difference"]["ROUGE-L"]
    assert difference["value"] == pytest.approx(content["ROUGE-L"] - 0.0787, abs=0.2)
    assert difference["ci95"][0] <= difference["value"] <= difference["ci95"][1]
    assert 0 < difference["p"] <= 1
    assert "paired bootstrap" in printed.out


def test_against_other_images_is_refused(scored, tmp_path):
    other = write(tmp_path / "other.json", results({1: "Two cats."}))
    with pytest.raises(CaptionerError, match="captions of the same images"):
        scored(results(), "--against", other)


def test_samples_that_would_take_for_ever(scored):
    found = "^samples: expected a whole number from 1 to 1,000,000, found 100,000,000,000$"
    with pytest.raises(CaptionerError, match=found):
        scored(results(), "--samples", "100000000000")


def test_saved_weights_give_one_image_a_cider(scored, annotations, tmp_path, capsys):
    one = results({3: "A dog runs."})
    assert scored(one)[1]["CIDEr"] == 0
    table = str(tmp_path / "idf.json")
    assert idf.run(["idf", annotations, table]) == 0
    assert "of 3 images" in capsys.readouterr().out
    _, content, printed = scored(one, "--idf", table)
    assert content["CIDEr"] > 1
    assert content["idf"] == f"{table} (3 images)"
    assert f"n-gram weights: {table} (3 images)" in printed.out


def test_missing_java_leaves_the_other_scores(scored, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    code, content, printed = scored(results(), "--meteor", "--spice")
    assert code == 1
    assert list(content["ci95"]) == NAMES
    assert printed.err.count("a Java runtime") == 2


def test_no_java_starts_unless_asked_for(scored, tmp_path, monkeypatch):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\ntouch {tmp_path / 'started'}\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(java.parent))
    assert scored(results())[0] == 0
    assert not (tmp_path / "started").exists()


def test_novel_captions(scored, annotations):
    captions = {**CAPTIONS, 1: "two cats sleep"}
    assert scored(results(captions), "--training", annotations)[1]["diversity"] == {
        "distinct-1": 1.0 - 1 / 9,
        "distinct-2": 1.0,
        "words used": 8,
        "broken off": 0.0,
        "novel captions": pytest.approx(2 / 3),
    }


CLIP = """
import numpy

class Fake:
    def embed_images(self, paths):
        return numpy.array([[len(path.split("/")[-1]), 1.0] for path in paths])

    def embed_texts(self, texts):
        assert all(text.startswith("A photo depicts ") for text in texts)
        return numpy.array([[float(len(text)), 2.0] for text in texts])
"""


def test_clip_scores(scored, tmp_path, monkeypatch):
    (tmp_path / "fake_clip_module.py").write_text(CLIP)
    monkeypatch.syspath_prepend(str(tmp_path))
    _, content, _ = scored(results(), "--clip", "fake_clip_module.Fake", "--images", "photos")
    assert 2 < content["CLIPScore"] <= 2.5
    assert 1 < content["RefCLIPScore"] < content["CLIPScore"]
    assert "CLIPScore" in content["ci95"]
    sys.modules.pop("fake_clip_module")


@pytest.mark.parametrize(
    "name", ["nothing", "no.such.module", "json.dumps", "json.JSONDecoder", ""]
)
def test_clip_that_cannot_be_had(scored, name):
    with pytest.raises(CaptionerError, match="clip: expected an importable class"):
        scored(results(), "--clip", name or ".")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "at least one caption, found none"),
        ("[]", "at least one caption, found none"),
        ("{", "JSON list or JSON lines"),
        ("[{]", "JSON list or JSON lines"),
        ("[" * 100_000, "JSON list or JSON lines"),
        ('{"annotations": []}', "at least one caption, found none"),
        ('{"notes": []}', "'image_id' or a 'file' .* at line 1, found no such key, only 'notes'"),
        ("[1]", r"at \[0\], found int"),
        ("3", "at line 1, found int"),
        ([{"image_id": 9, "caption": "a"}], r"an image_id of the annotations at \[0\], found 9"),
        ([{"image_id": "9", "caption": "a"}], "found '9'"),
        ([{"image_id": "3.0", "caption": "a"}], "found '3.0'"),
        ([{"image_id": True, "caption": "a"}], "found True"),
        ([{"image_id": [1], "caption": "a"}], r"found \[1\]"),
        ([{"file": "fox.jpg", "caption": "a"}], "found 'fox.jpg'"),
        ([{"file": 3, "caption": "a"}], "found 3"),
        ([{"image_id": 3}], "text as 'caption' at .*, found no such key, only 'image_id'"),
        ([{"image_id": 3, "caption": None}], "text as 'caption' at .*, found None"),
        ([{"id": 3, "caption": "a"}], "found no such key, only 'id', 'caption'"),
        ([{"file": "DOG.JPG", "caption": "a"}], r"found 'DOG\.JPG' \(dog\.jpg is there\)"),
        ([{"file": "dog.png", "caption": "a"}], r"found 'dog\.png' \(dog\.jpg is there\)"),
        ("image_id,caption\n3,a\n", "JSON list or JSON lines of captions, found a table"),
        ("<html>", "JSON list or JSON lines of captions, found a web page"),
        ('[{"image_id": 3, "capt', r"found Unterminated string .* cut off"),
        ({"3": ["A dog.", "It runs."]}, "'image_id' or a 'file' .* only '3'"),
        ([{"image_id": 3, "caption": 7}], "text as 'caption' at .*, found 7"),
        ([*results(), {"image_id": 2, "caption": "a"}], r"found another for 2 at \[3\]"),
        ([*results(), {"file": "bus.jpg", "caption": "a"}], r"found another for 2 at \[3\]"),
    ],
)
def test_bad_results_are_named(tmp_path, annotations, content, message):
    file = write(tmp_path / "results.json", content)
    with pytest.raises(CaptionerError, match=message) as error:
        score.run(["score", file, annotations])
    assert file in str(error.value)


def test_a_file_name_of_two_images_is_refused(tmp_path):
    file = write(tmp_path / "r.jsonl", {"file": "a.jpg", "caption": "x"})
    examples = [Example(1, "x/a.jpg", ("a",)), Example(2, "y/a.jpg", ("b",))]
    with pytest.raises(CaptionerError, match="the name of 2 images"):
        read_results(file, examples)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{none}", "{annotations}"], "expected a results file, found no such file"),
        (["{folder}", "{annotations}"], "expected a results file, found is a directory"),
        (["{results}", "{none}"], "none.json"),
        (["{results}", "{results}"], "results.json"),
        (["{results}"], "annotations"),
        (["{results}", "{annotations}", "--samples", "0"], "samples"),
        (["{results}", "{annotations}", "--seed", "-1"], "seed"),
        (["{results}", "{annotations}", "--bleu"], "--bleu"),
        (["{results}", "{annotations}", "--idf", "{none}"], "expected an idf table"),
        (["{results}", "{annotations}", "--idf", "{annotations}"], "expected an idf table"),
        (["{results}", "{annotations}", "--against", "{none}"], "none.json"),
        (["{results}", "{annotations}", "--training", "{none}"], "none.json"),
        (
            ["{results}", "{annotations}", "--out", "{folder}/no/x.json"],
            "out: expected a file in a folder that exists",
        ),
        (
            ["{results}", "{annotations}", "--per-image", "{folder}"],
            "per-image: expected the name of a file",
        ),
    ],
)
def test_bad_arguments_are_named(tmp_path, annotations, arguments, message):
    places = {
        "none": tmp_path / "none.json",
        "folder": tmp_path,
        "annotations": annotations,
        "results": write(tmp_path / "results.json", results()),
    }
    with pytest.raises(CaptionerError, match=message):
        score.run(["score", *(argument.format(**places) for argument in arguments)])
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("arguments", [[], ["{none}", "out.json"], ["{annotations}", "{folder}"]])
def test_bad_arguments_of_idf(tmp_path, annotations, arguments):
    places = {"none": tmp_path / "no", "folder": tmp_path, "annotations": annotations}
    with pytest.raises(CaptionerError):
        idf.run(["idf", *(argument.format(**places) for argument in arguments)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "image_id": st.sampled_from([1, 2, 3, 9, "3", None]) | JSON,
        "file": st.sampled_from(["dog.jpg", "a/cat.jpg", "\0", ""]) | JSON,
        "caption": st.text() | JSON,
    },
)
EXAMPLES = [Example(image, file, tuple(texts)) for image, (file, _, texts) in REFERENCES.items()]


@settings(max_examples=1000)
@given(
    st.lists(RECORD | JSON, max_size=4).map(json.dumps)
    | st.lists(RECORD | JSON, max_size=4).map(lambda rows: "\n".join(map(json.dumps, rows)))
    | st.text()
    | st.binary()
)
def test_random_results_raise_nothing_but_our_error(tmp_path, content):
    file = tmp_path / "random.json"
    if isinstance(content, str):
        content = content.encode(errors="surrogatepass")
    file.write_bytes(content)
    with contextlib.suppress(CaptionerError):
        captions = read_results(str(file), EXAMPLES)
        assert captions
        assert all(type(caption) is str for caption in captions.values())


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from([1, 2, 3]), st.text(), min_size=1))
def test_any_caption_gets_a_score(tmp_path, annotations, captions):
    file = write(tmp_path / "results.json", results(captions))
    out = tmp_path / "scores.json"
    code = score.run(["score", file, annotations, "--out", str(out), "--samples", "5"])
    assert code == (0 if len(captions) == 3 else 1)
    content = json.loads(out.read_text())
    assert all(0 <= content[name] <= 10 for name in NAMES)


def test_a_table_of_weights_may_be_packed_and_says_what_it_lacks(scored, annotations, tmp_path):
    table = tmp_path / "idf.json"
    idf.run(["idf", annotations, str(table)])
    one = results({3: "A dog runs."})
    _, expected, _ = scored(one, "--idf", str(table))
    table.write_bytes(gzip.compress(table.read_text().encode("utf-16")))
    assert scored(one, "--idf", str(table))[1] == expected
    with pytest.raises(CaptionerError, match=r"an idf table with .*, found \['annotations', "):
        scored(one, "--idf", annotations)
