"""Parameters and bytes counted by hand; of times only that they belong together."""

import pytest

from captioner.captioners import LSTMCaptioner, TransformerCaptioner
from captioner.comparison.cost.inference_cost import (
    WARM_UP,
    count_parameters,
    inference_costs,
    portable_bytes,
)
from captioner.comparison.cost.timing import REPEATS
from captioner.data.pictures.images import read_image
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline

V, D, H, E = 14, 24, 20, 16  # vocabulary, width, hidden state, word vectors


def linear(inputs, outputs):
    return inputs * outputs + outputs


def test_parameters_by_hand(make_captioner):
    captioner = make_captioner(attention=False)
    features = captioner.encoder.features
    by_hand = {
        "adapter": linear(features, D) + 2 * D,  # with layer normalization
        "words": V * E,
        "image as a word": linear(D, E),
        "cell": 4 * linear(E + H, H),
        "readout": linear(H, E),
        "output": linear(E, V),
    }
    encoder = sum(weight.numel() for weight in captioner.encoder.parameters())
    assert count_parameters(captioner) == (sum(by_hand.values()), encoder)


def test_a_shared_weight_counts_once(make_captioner):
    plain, tied = (
        count_parameters(make_captioner(TransformerCaptioner, tie_weights=tie))[0]
        for tie in (False, True)
    )
    assert plain - tied == V * D


def test_what_is_fine_tuned_is_trained(make_captioner):
    trained, frozen = count_parameters(make_captioner(train_encoder_from=0))
    assert frozen == 0
    assert trained == sum(count_parameters(make_captioner()))


def test_bytes_are_those_of_the_weights_and_little_else(any_captioner):
    weights = sum(part.nbytes for part in any_captioner.state_dict().values())
    rest = portable_bytes(any_captioner) - weights
    # A file has an entry of its own for each weight.
    assert 0 < rest < 500 * len(any_captioner.state_dict()) + 5000


@pytest.fixture
def pictures(colours):
    return sorted((colours / "images").glob("val_*.png"))


def test_every_picture_is_captioned_alone_and_in_batches(make_captioner, pictures, monkeypatch):
    calls = []
    original = CaptioningPipeline.caption_pictures

    def note(self, group, search):
        group = list(group)
        calls.append((len(group), search.beams))
        return original(self, group, search)

    monkeypatch.setattr(CaptioningPipeline, "caption_pictures", note)
    monkeypatch.setattr("captioner.comparison.cost.timing.QUIET", 1e9)
    captioners = {"one": make_captioner()}
    cost = inference_costs(captioners, pictures, SearchSettings(beams=2), batch_size=3)["one"]
    alone = (WARM_UP + len(pictures)) * [(1, 2)]
    assert calls == REPEATS * [*alone, (3, 2), (3, 2), (3, 2), (2, 2)]
    assert 0 < cost.latency_p50 <= cost.latency_p95
    assert cost.images_per_second > 0


# Readings of the clock for five pictures: two for each that is warmed up with, captioned alone,
# and for each batch of two, the first of which is warmed up with once more; two for the whole pass.
READINGS = 2 * (WARM_UP + 5 + 1 + 3 + 1)
FOURTH = 2 * (WARM_UP + 4) + 1


@pytest.fixture
def clock(monkeypatch):
    """A clock that is a second later each time it is read, or what ``late`` says of a reading."""
    now, readings, late = 0.0, 0, {}

    def read():
        nonlocal now, readings
        readings += 1
        now += late.get(readings, 1)
        return now

    monkeypatch.setattr("captioner.comparison.cost.inference_cost.perf_counter", read)
    monkeypatch.setattr("captioner.comparison.cost.inference_cost.cpu_wait", lambda: 0.0)
    return late


def five(make_captioner, pictures):
    captioners = {"one": make_captioner()}
    return inference_costs(captioners, pictures[:5], SearchSettings(), batch_size=2)["one"]


def test_percentiles_and_rate_of_a_clock_that_is_known(make_captioner, pictures, clock):
    # The 4th of the latencies takes 21 seconds, each time.
    clock.update({FOURTH + turn * READINGS: 21 for turn in range(REPEATS)})
    cost = five(make_captioner, pictures)
    assert cost.latency_p50 == 1000
    assert cost.latency_p95 == pytest.approx(1000 + 0.8 * 20_000)  # between the two last of five
    assert cost.images_per_second == pytest.approx(5 / 3)  # three batches
    assert (cost.p50_spread, cost.p95_spread, cost.throughput_spread, cost.cpu_wait) == (0,) * 4


def test_a_busy_moment_is_measured_again_and_forgotten(make_captioner, pictures, clock):
    clock[FOURTH] = 21  # in the first of the repeats only
    cost = five(make_captioner, pictures)
    assert (cost.latency_p50, cost.latency_p95) == (1000, 1000)
    assert (cost.p50_spread, cost.p95_spread, cost.throughput_spread) == (0, 0, 0)


def test_a_machine_that_stays_busy_is_told_of(make_captioner, pictures, clock):
    clock.update({FOURTH + turn * READINGS: 2 + turn for turn in range(20)})
    cost = five(make_captioner, pictures)
    # The 95th percentile of 1, 1, 1, 1 and n seconds is 0.2 + 0.8 n.
    assert cost.p95_spread == pytest.approx((0.2 + 0.8 * 4) / (0.2 + 0.8 * 2) - 1)
    assert (cost.p50_spread, cost.throughput_spread) == (0, 0)


def test_a_machine_that_is_steadily_busy_is_told_of(make_captioner, pictures, clock, monkeypatch):
    waited = iter(range(10**6))  # a second between every two readings
    monkeypatch.setattr(
        "captioner.comparison.cost.inference_cost.cpu_wait", lambda: float(next(waited))
    )
    cost = five(make_captioner, pictures)
    assert cost.p95_spread == 0
    assert cost.cpu_wait == pytest.approx(1 / (READINGS - 2 * WARM_UP - 1))


def test_no_pictures(make_captioner):
    with pytest.raises(ValueError, match="files: expected at least one picture, found none"):
        inference_costs({"one": make_captioner()}, [], SearchSettings())


def test_a_broken_picture_is_named(make_captioner, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(CaptionerError, match="broken"):
        inference_costs({"one": make_captioner()}, [tmp_path / "broken.jpg"], SearchSettings())


def test_pictures_in_memory_get_the_captions_of_their_files(make_captioner, pictures):
    pipeline = CaptioningPipeline(make_captioner(LSTMCaptioner))
    found = pipeline.caption_pictures([read_image(file) for file in pictures], SearchSettings())
    expected = pipeline.caption(pictures, search=SearchSettings())
    assert [captions[0].words for captions in found] == [caption.words for caption in expected]
    assert pipeline.caption_pictures([]) == []
