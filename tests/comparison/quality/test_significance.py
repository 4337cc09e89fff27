"""Welch's t over seeds and images, next to scipy's where both say the same, and by hand."""

import numpy as np
import pytest
from scipy import stats

from captioner.comparison.quality.significance import Estimate, decide, satterthwaite, welch

FIRST, SECOND = [0.52, 0.55, 0.49], [0.41, 0.47, 0.43, 0.44, 0.40]


def test_equals_welch_s_test_where_images_leave_nothing_to_chance():
    ours = welch([FIRST, SECOND], 0.0, images=1000)
    peer = stats.ttest_ind(FIRST, SECOND, equal_var=False)
    assert float(ours.p()) == pytest.approx(peer.pvalue, rel=1e-12)
    assert float(ours.freedom) == pytest.approx(peer.df, rel=1e-12)
    low, high = peer.confidence_interval(0.95)
    assert [float(end) for end in ours.interval()] == pytest.approx([low, high], rel=1e-12)


def test_equals_student_s_interval_of_one_captioner():
    ours = welch([SECOND], 0.0, images=1000)
    peer = stats.t.interval(0.95, 4, np.mean(SECOND), stats.sem(SECOND))
    assert [float(end) for end in ours.interval()] == pytest.approx(list(peer), rel=1e-12)


def test_variances_of_images_and_seeds_add_up():
    # variances of the means: 0.02^2 = 4e-4 of images, 1e-2 / 4 = 2.5e-3 of seeds
    ours = welch([[0.4, 0.5, 0.6, 0.5]], 0.02, images=101)
    own = np.var([0.4, 0.5, 0.6, 0.5], ddof=1) / 4
    assert float(ours.value) == pytest.approx(0.5)
    assert float(ours.error) == pytest.approx((4e-4 + own) ** 0.5)
    by_hand = (4e-4 + own) ** 2 / (4e-4**2 / 100 + own**2 / 3)
    assert float(ours.freedom) == pytest.approx(by_hand)


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_say_nothing_about_seeds(seeds):
    ours = welch([FIRST[:seeds], SECOND[:seeds]], 0.02, images=300)
    assert float(ours.error) == 0.02
    assert float(ours.freedom) == pytest.approx(299)
    assert int(decide(*ours.interval(), seeds)) == 0  # though 0.1 is five standard errors


def test_many_comparisons_at_once_equal_each_alone():
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(7, 3)), generator.normal(size=(7, 5))
    errors = generator.uniform(0, 1, 7)
    all_at_once = welch([first, second], errors, images=50)
    for number in range(7):
        alone = welch([first[number], second[number]], errors[number], images=50)
        assert [float(part[number]) for part in all_at_once] == [float(part) for part in alone]
        assert int(decide(*all_at_once.interval(), 3)[number]) == int(decide(*alone.interval(), 3))


def test_more_tests_make_wider_intervals_that_agree_with_p():
    estimate = welch([FIRST, SECOND], 0.01, images=300)
    for tests in (1, 3, 21, 1000):
        low, _ = estimate.interval(tests)
        assert (low > 0) == (float(estimate.p()) < 0.05 / tests)
    assert not decide(*estimate.interval(1000), 3)
    assert decide(*estimate.interval(), 3) == 1


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [(0.10, 0.0, 1), (-0.10, 0.0, -1), (0.01, 0.0, 0), (0.10, 0.05, 1), (0.06, 0.05, 0),
     (0.01, 0.05, -1), (0.10, -0.5, 1), (0.0, -0.5, 0)],
)  # fmt: skip
def test_a_bound_is_reached_by_the_whole_interval(value, bound, expected):
    # whose ends are 0.0196 away
    estimate = Estimate(np.array(value), np.array(0.01), np.array(np.inf))
    assert int(decide(*estimate.interval(), 3, bound)) == expected


def test_what_is_equal_differs_in_nothing():
    estimate = welch([[0.5] * 3, [0.5] * 3], 0.0, images=2)
    assert (float(estimate.value), float(estimate.p())) == (0.0, 1.0)
    assert int(decide(*estimate.interval(), 3)) == 0


def test_a_variance_that_is_known_well_leaves_the_freedom_of_the_other():
    _, freedom = satterthwaite([(1.0, 2), (1e-9, 1000)])
    assert float(freedom) == pytest.approx(2, rel=1e-6)
