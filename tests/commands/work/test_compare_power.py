"""What is read from a finished comparison, and what is said of files that are none."""

import json
import math

import pytest

from captioner.__main__ import main
from captioner.commands.work.compare_power import power_table, read_contrasts
from captioner.comparison.quality.power import Design


def results(image_error=0.02, seeds=3, images=300, score="CIDEr"):
    def model(name, value):
        captions = {str(image): "A dog." for image in range(images)}
        runs = [
            {"captions": captions, "scores": {score: value + 0.01 * seed, "BLEU-1": 0.5}}
            for seed in range(seeds)
        ]
        return {"name": name, "runs": runs}

    def difference(first, second, score):
        found = {"value": 0.1, "low": 0.0, "high": 0.2, "p": 0.05}
        names = {"first": first, "second": second, "score": score}
        return names | {"difference": found, "image_error": image_error, "seeds": seeds}

    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    return {
        "models": [model("a", 0.9), model("b", 0.8), model("c", 0.7)],
        "differences": [difference(*pair, each) for pair in pairs for each in ("BLEU-1", score)],
    }


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes the results of a comparison, and gives their folder."""

    def write(content):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "results.json").write_text(text)
        return tmp_path

    return write


def test_the_design_is_that_of_the_comparison(folder):
    first, *_ = found = list(read_contrasts(folder(results()) / "results.json"))
    assert [(each.first, each.second, each.score) for each in found] == [
        ("a", "b", "CIDEr"),
        ("a", "c", "CIDEr"),
        ("b", "c", "CIDEr"),
    ]
    assert first.value == 0.1
    deviations = pytest.approx((0.01, 0.01))
    assert first.design.seed_deviations == deviations
    expected = Design(300, 0.02, (3, 3), first.design.seed_deviations, tests=3)
    assert first.design == expected


def test_twice_of_either_finds_smaller_differences(folder, capsys):
    assert main(["compare", "--power", "--out", str(folder(results()))]) == 0
    printed = capsys.readouterr().out
    assert "300 test images, 3 seeds" in printed
    row = next(line for line in printed.splitlines() if "a - b" in line)
    measured, alone, images, seeds, both = (
        float(cell) for cell in row.replace("│", " ").split()[4:]
    )
    assert measured == 0.1
    assert alone > images > both
    assert alone > seeds > both


def test_one_seed_shows_nothing_and_says_why(folder, capsys):
    found = list(read_contrasts(folder(results(seeds=1)) / "results.json"))
    assert {cell for column in power_table(found).columns[3:] for cell in column.cells} == {"-"}
    assert main(["compare", "--power", f"--out={folder(results(seeds=1))}"]) == 0
    assert "-: fewer than 3 seeds do not tell how much seeds differ" in capsys.readouterr().out


@pytest.mark.parametrize("error", [None, 0.0, math.inf])
def test_an_error_that_is_no_number_shows_nothing(folder, capsys, error):
    content = results(error)
    for model in content["models"]:
        for run in model["runs"]:
            run["scores"]["CIDEr"] = 0.5
    content["differences"][1]["difference"]["value"] = None
    assert main(["compare", "--power", f"--out={folder(content)}"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "a - b" in line)
    assert row.replace("│", " ").split()[4:] == ["-"] * 5


def test_names_are_no_markup(folder, capsys):
    text = json.dumps(results()).replace('"a"', '"ELMo [frozen]"')
    assert main(["compare", "--power", f"--out={folder(text)}"]) == 0
    assert "ELMo [frozen] - b" in capsys.readouterr().out


def test_nothing_else_is_looked_at(folder, capsys):
    out = f"--out={folder(results())}"
    assert main(["compare", "--power", out, "--seeds=[0,1,2,3]"]) == 2
    said = capsys.readouterr().err
    assert "expected nothing but --config and --out beside it, found --seeds" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[{", "expected JSON"),
        ([1], "expected the results of a comparison by this version"),
        ({"models": []}, "expected the results of a comparison by this version"),
        ({"models": [], "differences": []}, "of at least two captioners, found none of 0"),
        ({**results(), "models": []}, "expected the results of a comparison by this version"),
        (results(image_error="none"), "expected the results of a comparison by this version"),
        (results(images=1), "found something else (ValueError('captions of 1 images'))"),
        (results(score="SPICE"), "expected a difference in CIDEr or BLEU-4"),
    ],
)
def test_other_files_are_one_sentence(folder, content, said, capsys):
    assert main(["compare", "--power", f"--out={folder(content)}"]) == 2
    found = capsys.readouterr().err
    assert found.startswith("captioner: ")
    assert "results.json" in found
    assert said in found
    assert found.count("\n") == 1


def test_a_comparison_that_is_not_finished_is_told_of(tmp_path, capsys):
    assert main(["compare", "--power", f"--out={tmp_path}"]) == 2
    assert "expected the results of a finished comparison, found no file" in capsys.readouterr().err
