"""N-grams are counted as a dictionary would count them."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from captioner.scores import ngrams
from captioner.scores.ngrams import count_ngrams


@pytest.mark.parametrize("largest", [1, 300, 70_000, 2**31 - 1])
def test_sort_order_for_numbers_of_any_size(largest):
    """The radix sort takes one more pass for every 16 bits."""
    generator = np.random.default_rng(0)
    first, second = generator.integers(0, largest, (2, 5000)).astype(np.int32)
    first[:2000] = first[2000:4000]
    order = ngrams._sort_by(first, second)
    np.testing.assert_array_equal(order, np.lexsort((second, first)))


def test_counts_equal_those_of_a_dictionary():
    random_ = random.Random(0)
    sentences = [random_.choices("abcd", k=random_.randint(0, 12)) for _ in range(60)]
    images = [sentences[start : start + 4] for start in range(0, 60, 4)]
    counts = count_ngrams([each[0] for each in images], [each[1:] for each in images])
    for order in counts.orders():
        found = Counter()
        for text, sentence, number in zip(
            counts.texts(order, order.ngram), order.sentence, order.count, strict=True
        ):
            found[text, int(sentence)] += int(number)
        expected = Counter(
            (" ".join(words[i : i + order.n]), number)
            for number, words in enumerate(sentences)
            for i in range(len(words) - order.n + 1)
        )
        assert found == expected
