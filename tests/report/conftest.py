"""A comparison as the real ones are, made up: three captioners, three seeds, four pictures."""

import base64
import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from captioner.comparison import results
from captioner.report.write_report import write_report
from captioner.scores.confidence import Difference

NAMES = ["LSTM", "ELMo", "Transformer"]
SCORES = {"BLEU-1": 0.67, "BLEU-2": 0.55, "BLEU-3": 0.44, "BLEU-4": 0.34, "ROUGE-L": 0.52}


def around(value, spread=0.04):
    return results.Interval(value, value * (1 - spread), value * (1 + spread))


def make_run(place, seed, curves=True):
    name = NAMES[place % 3]
    random = np.random.default_rng(10 * place + seed)
    steps = list(range(9, 560, 10))
    rate = 0.5 + 0.1 * place
    decay = np.exp(-np.array(steps) / 120)
    found = {
        "train/loss": results.Curve(
            steps,
            [rate * step for step in steps],
            list(1.7 + 3.5 * decay + random.normal(0, 0.08, len(steps)) - 0.1 * place),
        ),
        "val/CIDEr": results.Curve(
            list(range(93, 564, 94)),
            [rate * step for step in range(93, 564, 94)],
            list((1.15 + 0.1 * place) * (1 - 0.6 * np.exp(-np.arange(6))) + 0.02 * seed),
        ),
    }
    found["cost/images_seen"] = results.Curve([93, 563], [rate * 93, rate * 563], [3000.0, 18016.0])
    if name == "ELMo":
        shares = np.array([0.2, 0.3, 0.5])
        for layer in range(3):
            values = 1 / 3 + (shares[layer] - 1 / 3) * (1 - decay)
            found[f"elmo/share of layer {layer}"] = results.Curve(
                steps, [math.nan] * len(steps), list(values)
            )
        found["elmo/gamma"] = results.Curve(steps, [math.nan] * len(steps), list(1.2 - 0.2 * decay))
    return results.RunResult(
        model=name,
        seed=seed,
        checkpoint=f"runs/{name.lower()}-{seed}/version_0/checkpoints/best.ckpt",
        captions={2000012: "A dog under the sun.", 2000015: "Two red stars."},
        perplexity=3.6 - 0.1 * place + 0.01 * seed,
        curves=found if curves else {},
        training=results.TrainingCost(280.0 + 60 * place, 171.25 - 20 * place, 18016, 1431.5),
        scores={**SCORES, "CIDEr": 1.15 + 0.1 * place + 0.01 * seed},
        gradient_reach=[(0.55 + 0.2 * place) ** n for n in range(12)],
        step_times=[
            results.StepTime(words, 2.0 + words * (1.0 - 0.4 * place), 1.25 + 0.2 * place)
            for words in (5, 10, 20, 40, 80)
        ],
    )


def make_model(place, seeds=(0, 1, 2)):
    better = 1 + 0.05 * place
    return results.ModelResult(
        name=NAMES[place % 3],
        captioner=["LSTMCaptioner", "ElmoCaptioner", "TransformerCaptioner"][place % 3],
        scores={name: around(value * better) for name, value in SCORES.items()}
        | {"CIDEr": around(1.15 + 0.1 * place, 0.06)},
        diversity={
            "distinct-1": around(0.021),
            "distinct-2": around(0.102),
            "words used": results.Interval(61.0, 58.0, 64.0),
            "novel": results.Interval(0.735, 0.70, 0.77),
        },
        perplexity=3.61 - 0.1 * place,
        by_length=[
            results.LengthScore(5.2, 8.1, 75, around(1.4 * better, 0.1)),
            results.LengthScore(8.2, 9.4, 75, around(1.2 * better, 0.1)),
            results.LengthScore(9.5, 11.0, 75, around(1.1 * better, 0.1)),
            results.LengthScore(11.2, 15.6, 75, around(0.8 * better, 0.1)),
        ],
        groups={"unseen combination": around(0.858 * better), "rare words": around(0.61 * better)},
        repetition=results.Interval(0.024, 0.01, 0.04),
        wrong_pictures=around(0.145),
        inference=results.InferenceCost(
            3_412_345, 3_371_000, 27.1, 18.3 + place, 24.9 + place, 141.7
        ),
        training=results.TrainingCost(280.0 + 60 * place, 171.25 - 20 * place, 18016, 1431.5),
        pretraining=420.0 if place == 1 else None,
        runs=[make_run(place, seed) for seed in seeds],
    )


def make_differences(names):
    chances = {**dict.fromkeys(SCORES, 0.2134), "CIDEr": 0.001998}
    return [
        results.ModelDifference(
            first, second, score, Difference(-0.02, -0.05, 0.2 * p - 0.01, p), 0.01, 3
        )
        for first, second in itertools.combinations(names, 2)
        for score, p in chances.items()
    ]


MAP = b"\x89PNG, of which a report shows whatever it is"


def make_picture(folder, number):
    picture = Image.new("RGB", (320, 240), (120, 180, 230))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40 + 30 * number, 40, 120 + 30 * number, 120), "yellow")
    path = folder / f"test_{number:05}.png"
    picture.save(path)
    return str(path)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return [make_picture(folder, number) for number in range(4)]


def make_gallery_picture(file, number, why, names):
    return results.GalleryPicture(
        image_id=2000010 + number,
        file=file,
        why=why,
        references=["A yellow sun.", "The sun is in the sky.", "There is a sun.", "Sun & sky."],
        captions={name: f"A yellow sun is seen above {name}." for name in names},
        cider={name: 2.5 - 0.4 * number + 0.1 * place for place, name in enumerate(names)},
        maps=dict.fromkeys(names[:2], MAP),
    )


def make_comparison(pictures, models=None):
    models = [make_model(place) for place in range(3)] if models is None else models
    names = [model.name for model in models]
    speeds = dict.fromkeys(names, "171 captions/s")
    why = ["best", "best", "worst", "most disagreement"]
    return results.Comparison(
        title="LSTM, ELMo and Transformer on scenes",
        facts={
            "data": "scenes, 300 test pictures with 5 references each",
            "encoder": "tf_efficientnet_lite0 at 224 pixels, packaged weights, frozen: 49 tokens",
            "search": "beam search with 5 beams",
            "machine": "2 CPU cores, float32, torch 2.15",
        },
        intervals_cover="seeds and images",
        models=models,
        controls=[results.ControlResult("blind", {"CIDEr": around(0.145), "BLEU-4": around(0.1)})],
        differences=make_differences(names),
        claims=[
            results.Claim("training speed", "The LSTM trains slowest.", speeds, "no"),
            results.Claim(
                "real time", "The LSTM takes under 50 ms.", dict.fromkeys(names[:1], "18 ms"), "yes"
            ),
            results.Claim(
                "accuracy", "The Transformer is 3 to 5 BLEU ahead.", {}, "not enough seeds"
            ),
        ],
        gallery=[
            make_gallery_picture(file, number, why[number], names)
            for number, file in enumerate(pictures)
        ],
        notes=["METEOR is left out: there is no Java on this machine."],
    )


@pytest.fixture(scope="session")
def comparison(pictures):
    return make_comparison(pictures)


@pytest.fixture(scope="session")
def comparison_of(pictures):
    """Return a function that compares the models that it is given."""
    return lambda models: make_comparison(pictures, models)


@pytest.fixture(scope="session")
def report(comparison, tmp_path_factory):
    """Return the folder of a written report."""
    folder = tmp_path_factory.mktemp("report")
    write_report(comparison, folder)
    return folder


@pytest.fixture
def undrawn(monkeypatch):
    """Let figures be made, but not drawn: most of the time goes there."""
    dot = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=="
    )
    monkeypatch.setattr(Figure, "savefig", lambda self, out, **settings: out.write(dot))
