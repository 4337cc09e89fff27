"""Our scores equal those of pycocoevalcap, run on the same words."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captioner.errors import CaptionerError
from captioner.scores import bleu, cider, rouge_l, score_captions

Captions = list[list[str]]
References = list[Captions]

TOLERANCE = 1e-9


def assert_equal_to_peer(captions: Captions, references: References) -> None:
    """Compare corpus value and image values of every score, in both ways of computing ours."""
    pytest.importorskip("pycocoevalcap")
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    results = {image: [" ".join(words)] for image, words in enumerate(captions)}
    truth = {image: [" ".join(words) for words in each] for image, each in enumerate(references)}
    bleu_corpus, bleu_images = Bleu(4).compute_score(truth, results, verbose=0)
    expected = {f"BLEU-{n + 1}": (bleu_corpus[n], bleu_images[n]) for n in range(4)}
    expected["ROUGE-L"] = Rouge().compute_score(truth, results)
    expected["CIDEr"] = Cider().compute_score(truth, results)

    together = score_captions(captions, references)
    alone = {f"BLEU-{n + 1}": score for n, score in enumerate(bleu(captions, references))}
    alone |= {"ROUGE-L": rouge_l(captions, references), "CIDEr": cider(captions, references)}
    assert list(together) == list(expected) == list(alone)
    for scores in (together, alone):
        for name, (corpus, images) in expected.items():
            assert scores[name].corpus == pytest.approx(corpus, rel=0, abs=TOLERANCE), name
            np.testing.assert_allclose(scores[name].images, images, rtol=0, atol=TOLERANCE)


def random_sentence(random_: random.Random, words: int, lengths: list[int]) -> list[str]:
    return [f"w{random_.randrange(words)}" for _ in range(random_.choice(lengths))]


@pytest.mark.parametrize("seed", range(60))
def test_random_captions(seed):
    """Few distinct words, so that n-grams repeat; lengths from 0 to more than 64 words."""
    random_ = random.Random(seed)
    images, words = random_.choice([1, 2, 3, 20]), random_.randint(1, 6)
    lengths = random_.choice([[0, 1, 2], [1, 4, 9], [0, 5, 70]])
    captions = [random_sentence(random_, words, lengths) for _ in range(images)]
    references = [
        [random_sentence(random_, words, lengths) for _ in range(random_.randint(1, 5))]
        for _ in range(images)
    ]
    references[0][0] = references[0][0] or ["w0"]  # the peer refuses to score without any word
    assert_equal_to_peer(captions, references)


DOG, CAT, LONG = ["a", "dog", "runs"], ["the", "cat"], list("abcdefghabcd")
NAMED_CASES: dict[str, tuple[Any, Any]] = {
    "one image": ([DOG], [[DOG, CAT]]),
    "empty caption": ([[], DOG], [[DOG], [CAT]]),
    "all captions empty": ([[], []], [[DOG], [CAT]]),
    "empty reference": ([DOG, CAT], [[[], DOG], [[]]]),
    "empty caption and empty reference": ([[], CAT], [[[]], [CAT]]),
    "one word": ([["dog"], ["a"]], [[DOG], [["a"], CAT]]),
    "unequal numbers of references": ([DOG, CAT, LONG], [[CAT], [CAT] * 7, [LONG, DOG]]),
    "duplicated images": ([DOG, DOG, CAT], [[DOG, CAT], [DOG, CAT], [LONG]]),
    "duplicated references": ([DOG, CAT], [[DOG, DOG, DOG], [LONG, LONG]]),
    "all images alike": ([DOG] * 4, [[DOG]] * 4),
    "tie in length": ([["a", "b", "c"], DOG], [[["a", "b"], ["a", "b", "c", "d"]], [CAT]]),
    "nothing shared": ([["x", "y", "z", "u"], ["v"]], [[LONG], [DOG]]),
    "a word with a no-break space": (
        [["1\u00a01/2", "cups"], ["a"]],
        [[["1", "1/2", "cups"], ["1\u00a01/2"]], [["b", "1\u00a01/2"]]],
    ),
}


@pytest.mark.parametrize("name", NAMED_CASES)
def test_named_case(name):
    assert_equal_to_peer(*NAMED_CASES[name])


def test_coco_one_human_against_the_rest():
    folder = os.environ.get("CAPTIONER_REAL_DATA")
    if folder is None:
        pytest.skip("CAPTIONER_REAL_DATA does not name the folder of real data")
    with gzip.open(Path(folder) / "text" / "coco_val2017.jsonl.gz", "rt") as lines:
        texts = [json.loads(line)["captions"] for line in lines]
    images = [[text.lower().replace(".", " ").split() for text in each] for each in texts]
    assert len(images) == 5000
    assert_equal_to_peer([each[0] for each in images], [each[1:] for each in images])


@pytest.mark.parametrize("score", [bleu, rouge_l, cider, score_captions])
@pytest.mark.parametrize(
    ("captions", "references", "message"),
    [
        ([], [], "found none"),
        ([DOG], [], "1 captions and 0 lists"),
        ([DOG, CAT], [[DOG], []], "none for number 1"),
    ],
)
def test_bad_input_is_named(score, captions, references, message):
    with pytest.raises(CaptionerError, match=message):
        score(captions, references)
