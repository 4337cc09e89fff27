"""The metric: same numbers in any order, batching, device and number of processes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import distributed

from captioner.errors import CaptionerError
from captioner.scores import CaptionScores, IdfTable, score_captions


class Spaces:
    """Words between spaces: enough of a tokenizer here."""

    def tokenize(self, text: str) -> list[str]:
        """Split at white space."""
        return text.split()


CAPTIONS = ["a dog runs", "two cats sleep", "", "a red bus – 🚌 \ud83d", "x", "a dog sits"]
REFERENCES = [
    ["a dog runs fast", "the dog runs"],
    ["two cats sleep on a bed"],
    ["a man", "a man\nstands\u2028here"],
    ["a red bus – 🚌"],
    ["a boat", "boats", "some boats at sea"],
    ["a dog sits on grass", "a sitting dog"],
]
GROUPS = ["seen", "", "seen", "new", "", "new"]
NAMES = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr", "CIDEr/new", "CIDEr/seen"]


def collected(batch: int = 2, **options: Any) -> CaptionScores:
    metric = CaptionScores(Spaces(), **options)
    for start in range(0, len(CAPTIONS), batch):
        part = slice(start, start + batch)
        metric.update(CAPTIONS[part], REFERENCES[part], GROUPS[part])
    return metric


def test_equals_the_functions():
    values = collected().compute()
    assert list(values) == NAMES
    scores = score_captions(
        [text.split() for text in CAPTIONS],
        [[text.split() for text in each] for each in REFERENCES],
    )
    for name, score in scores.items():
        assert values[name] == pytest.approx(score.corpus, rel=0, abs=1e-12)
    images = scores["CIDEr"].images
    assert values["CIDEr/new"] == pytest.approx((images[3] + images[5]) / 2)
    assert values["CIDEr/seen"] == pytest.approx((images[0] + images[2]) / 2)


def test_batches_and_order_do_not_matter():
    expected = collected().compute()
    assert collected(batch=6).compute() == expected
    metric = CaptionScores(Spaces())
    metric.update(CAPTIONS[::-1], REFERENCES[::-1], GROUPS[::-1])
    assert metric.compute() == expected


def test_idf_table_reaches_cider():
    table = IdfTable.build([[text.split() for text in each] for each in REFERENCES])
    one = CaptionScores(Spaces(), table)
    one.update(CAPTIONS[:1], REFERENCES[:1])
    assert one.compute()["CIDEr"] > 1
    without = CaptionScores(Spaces())
    without.update(CAPTIONS[:1], REFERENCES[:1])
    assert without.compute()["CIDEr"] == 0


def test_image_ids_drop_the_images_that_fill_up_a_batch():
    metric = CaptionScores(Spaces())
    ids = list(range(len(CAPTIONS)))
    metric.update(CAPTIONS, REFERENCES, GROUPS, ids)
    metric.update(CAPTIONS[:2], REFERENCES[:2], GROUPS[:2], ids[:2])
    assert metric.compute() == collected().compute()


def test_survives_moves_casts_copies_and_pickling():
    expected = collected().compute()
    metric: Any = torch.nn.ModuleDict({"scores": collected()}).double().half().to("cpu")["scores"]
    assert metric.compute() == expected
    assert copy.deepcopy(metric).compute() == expected
    assert pickle.loads(pickle.dumps(metric)).compute() == expected


def test_reset_forgets():
    metric = collected()
    metric.reset()
    with pytest.raises(CaptionerError, match="found none"):
        metric.compute()
    metric.update(CAPTIONS, REFERENCES, GROUPS)
    assert metric.compute() == collected().compute()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], []), "1 captions, 0 lists"),
        ((["a"], [[]]), "at least one reference"),
        ((["a"], [["b"]], ["g", "h"]), "2 groups"),
        ((["a"], [["b"]], None, []), "0 ids"),
    ],
)
def test_bad_update_is_named(arguments, message):
    with pytest.raises(CaptionerError, match=message):
        CaptionScores(Spaces()).update(*arguments)


def score_share(rank: int, place: Path, shares: list[list[int]], answers) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{place}", rank=rank, world_size=len(shares)
    )
    metric = CaptionScores(Spaces())
    for index in shares[rank]:
        row = slice(index, index + 1)
        metric.update(CAPTIONS[row], REFERENCES[row], GROUPS[row], [index])
    answers.put(metric.compute())
    distributed.destroy_process_group()


@pytest.mark.parametrize(
    "shares",
    [[[0, 2, 4], [1, 3, 5]], [[0, 1, 2, 3, 4, 5], []], [[0, 2, 4, 5], [1, 3, 5, 0]]],
    ids=["even", "one process without images", "images twice"],
)
def test_two_processes_give_the_number_of_one(shares, tmp_path):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    processes = [
        context.Process(
            target=score_share, args=(rank, tmp_path / "meeting", shares, answers), daemon=True
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    assert found == [collected().compute()] * 2
