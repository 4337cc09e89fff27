"""What is said to be found 80 times in 100 is found so often, by the report's own rule."""

import math

import numpy as np
import pytest

from captioner.comparison.quality.power import Design, designs, detectable_difference
from captioner.comparison.quality.significance import decide, welch

COMPARISONS = 20_000


@pytest.mark.parametrize("seeds", [(3, 3), (5, 5), (3, 10)])
@pytest.mark.parametrize("deviations", [(0.0, 0.0), (0.005, 0.005), (0.02, 0.02), (0.03, 0.01)])
@pytest.mark.parametrize("tests", [1, 3])
def test_it_is_found_80_times_in_100(seeds, deviations, tests):
    design = Design(300, 0.02, seeds, deviations, tests)
    gain = detectable_difference(design)
    generator = np.random.default_rng(0)
    images = generator.normal(0, 0.02, (COMPARISONS, 1))
    first, second = (
        generator.normal(0, deviation, (COMPARISONS, count))
        for deviation, count in zip(deviations, seeds, strict=True)
    )
    estimate = welch([gain + images + first, second], np.full(COMPARISONS, 0.02), 300)
    found = decide(*estimate.interval(tests), min(seeds))
    # Degrees of freedom are estimated too, which the noncentral t does not know.
    assert (found > 0).mean() == pytest.approx(0.8, abs=0.05)


def test_fewer_than_three_seeds_show_nothing():
    assert math.isnan(detectable_difference(Design(300, 0.02, (2, 3), (0.01, 0.01))))


def test_twice_as_much_shows_less_and_both_show_least():
    found = [
        detectable_difference(each) for _, each in designs(Design(300, 0.02, (3, 3), (0.02, 0.02)))
    ]
    as_it_is, images, seeds, both = found
    assert as_it_is > images > both
    assert as_it_is > seeds > both


def test_images_cannot_make_up_for_seeds():
    design = Design(300, 0.02, (3, 3), (0.0, 0.0))
    assert detectable_difference(design.with_images(4)) == pytest.approx(
        detectable_difference(design) / 2, rel=0.01
    )
    uneven = Design(300, 0.0, (3, 3), (0.02, 0.02))
    assert math.isclose(detectable_difference(uneven.with_images(4)), detectable_difference(uneven))
