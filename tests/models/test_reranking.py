"""Captions are put in order by both models, as the formula says."""

import math
from typing import Any

import pytest

from captioner.errors import CaptionerError
from captioner.language_models.language_model import SentenceScore
from captioner.models.reranking import Reranker, fused_score, load_reranker
from captioner.models.search_settings import RerankSettings, SearchSettings
from captioner.types import Caption


def caption(text: str, *scores: float) -> Caption:
    return Caption(text, text.split(), math.fsum(scores), list(scores))


class Stub:
    """A language model that likes what it is told to like."""

    def __init__(self, liked: dict[str, float]) -> None:
        self.liked = liked

    def score(self, sentences):
        """Return what is liked."""
        scores = [self.liked[" ".join(words)] for words in sentences]
        return [SentenceScore(s, 3 * s, words=2) for s in scores]  # 2 s on average, s per word


def stub(liked: dict[str, float]) -> Any:
    """Return such a model, where one of ours is expected."""
    return Stub(liked)


GROUPS = [
    [caption("a dog", -1.0, -1.0, -1.0), caption("a cat", -1.5, -1.5, -1.5)],
    [caption("one tree", -1.0), caption("two trees", -2.0), caption("three", -9.0)],
]
LIKED = {"a dog": -4.0, "a cat": -1.0, "one tree": -5.0, "two trees": -5.0, "three": -4.5}


@pytest.mark.parametrize(
    ("weight", "first"),
    # a dog -1 against -4, a cat -1.5 against -1: equal at a = 0.5 / 3.5
    [(0.0, "a dog"), (0.14, "a dog"), (0.15, "a cat"), (1.0, "a cat")],
)
def test_the_weight_decides(weight, first):
    ordered = Reranker(stub(LIKED), weight)(GROUPS)
    assert ordered[0][0].text == first


def test_all_of_the_language_model_is_its_order_and_ties_keep_theirs():
    ordered = Reranker(stub(LIKED), 1.0)(GROUPS)
    assert [c.text for c in ordered[1]] == ["three", "one tree", "two trees"]
    assert [c.text for c in GROUPS[1]] == ["one tree", "two trees", "three"]  # left as it was


def test_no_weight_is_the_order_of_the_search_by_its_own_length_normalization():
    # a search without normalization puts the short one first, which per word is the worse one
    by_search = [[caption("a", -1.0, -1.0), caption("a b c", -0.6, -0.6, -0.6, -0.6)]]
    liked = stub({"a": -1.0, "a b c": -1.0})
    assert Reranker(liked, 0.0)(by_search) == by_search
    assert Reranker(liked, 0.01)(by_search)[0][0].text == "a b c"


def test_scores_are_per_word_of_each_model():
    long = caption("a b c", -1.0, -1.0, -1.0, -1.0)
    reading = SentenceScore(forward=-8.0, backward=-4.0, words=4)
    assert fused_score(long, reading, 0.25) == pytest.approx(0.75 * -1 + 0.25 * -1.5)


def test_what_is_forbidden_stays_so():
    dead = caption("a b", -math.inf)
    assert fused_score(dead, SentenceScore(-1.0, -1.0, 2), 1.0) == -math.inf


def test_a_search_is_widened_to_what_can_be_chosen_among():
    reranker = Reranker(stub({}), 0.5)
    assert reranker.widen(SearchSettings(beams=5)).captions == 5
    sampled = SearchSettings(captions=7, temperature=1.0)
    assert reranker.widen(sampled) == sampled


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": 0.5}, "rerank.bilm: expected the checkpoint of a biLM, found none"),
        ({"bilm": "x.ckpt"}, "rerank.weight: expected 0 to 1, such as tune prints, found none"),
        ({"bilm": "x.ckpt", "weight": 1.5}, "rerank.weight: expected 0 to 1, found 1.5"),
    ],
)
def test_half_a_setting_is_refused(settings, message):
    with pytest.raises(CaptionerError, match=message):
        RerankSettings(**settings)


def test_nothing_is_read_where_nothing_is_asked_for():
    assert load_reranker(RerankSettings(), SearchSettings()) is None


def test_one_beam_leaves_no_choice():
    settings = RerankSettings("x.ckpt", 0.5)
    with pytest.raises(CaptionerError, match="several captions to choose among"):
        load_reranker(settings, SearchSettings(beams=1))
