"""A control is scored as captioners are, and mixed up with none of them."""

import pytest

from captioner.comparison.quality.controls import judge_controls
from captioner.comparison.quality.judge import judge
from captioner.comparison.results import RunResult
from captioner.data.formats.example import Example
from captioner.text import PTBTokenizer

pytestmark = pytest.mark.integration

EXAMPLES = [Example(n, f"{n}.png", (f"A dog and {n} cats.", f"{n} cats.")) for n in range(9)]


def test_a_control_has_the_scores_that_a_captioner_would_have():
    captions = {example.image_id: "A dog and 3 cats." for example in EXAMPLES}
    run = RunResult("blind", 0, "best.ckpt", captions, 5.0)
    tokenizer = PTBTokenizer()
    (control,) = judge_controls([run], EXAMPLES, ["A dog."], tokenizer)
    judged = judge({"blind": [run]}, EXAMPLES, ["A dog."], tokenizer)
    assert control.name == "blind"
    assert control.scores == judged.models["blind"].scores
    assert 0 < control.scores["CIDEr"].value < 10
