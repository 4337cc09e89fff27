"""Curves come back from the files of TensorBoard, over interruptions too."""

import math

import pytest
from torch.utils.tensorboard import SummaryWriter

from captioner.comparison.results import Curve, TrainingCost
from captioner.comparison.running.curves import read_curves, training_cost

pytestmark = pytest.mark.integration

SECONDS = [(9, 20.0), (19, 40.0), (29, 70.0)]


def write(folder, suffix="", **curves):
    """Write curves of (step, value) under tags, of which __ stands for a slash."""
    with SummaryWriter(folder, filename_suffix=suffix) as writer:
        for tag, points in curves.items():
            for step, value in points:
                writer.add_scalar(tag.replace("__", "/"), value, step)
    return max(folder.glob(f"events.out.tfevents.*{suffix}"), key=lambda file: file.stat().st_mtime)


def test_nothing_is_sampled_away(tmp_path):
    # One more than TensorBoard keeps of a curve by default.
    loss = [(step, 1 / (1 + step)) for step in range(10_001)]
    write(tmp_path, train__loss=loss)
    curve = read_curves(tmp_path)["train/loss"]
    assert curve.steps == list(range(10_001))
    assert curve.values == pytest.approx([value for _, value in loss], rel=1e-6)
    assert all(map(math.isnan, curve.seconds))


def test_time_passes_evenly_between_two_records(tmp_path):
    loss = [(step, 1.0) for step in (0, 4, 9, 14, 24, 29, 30)]
    write(tmp_path, cost__seconds=SECONDS, train__loss=loss)
    curves = read_curves(tmp_path)
    # Of ten steps that take 20 seconds the first is done after 2, the fifth after 10.
    seconds = curves["train/loss"].seconds
    assert seconds[:-1] == pytest.approx([2.0, 10.0, 20.0, 30.0, 55.0, 70.0])
    assert math.isnan(seconds[-1])  # of what was not recorded any more nothing is known
    assert curves["cost/seconds"] == Curve([9, 19, 29], [20.0, 40.0, 70.0], [20.0, 40.0, 70.0])


def test_what_a_killed_run_did_after_its_checkpoint_is_replaced(tmp_path):
    # Named in the wrong order: what counts is when they were begun.
    killed = [(9, 0.1), (19, 0.2), (29, 0.9), (39, 0.8)]
    write(tmp_path, suffix=".b", val__CIDEr=killed, train__lost=[(3, 1.0)])
    write(tmp_path, suffix=".a", val__CIDEr=[(29, 0.3)], train__loss=[(29, 2.0)])
    for file in tmp_path.iterdir():
        file.rename(tmp_path / f"events.out.tfevents.1.{file.name[-1]}")
    curves = read_curves(tmp_path)
    assert curves["val/CIDEr"].steps == [9, 19, 29]
    assert curves["val/CIDEr"].values == pytest.approx([0.1, 0.2, 0.3])
    assert curves["train/lost"].steps == [3]


def test_what_is_validated_or_tested_later_is_no_part_of_the_curves(tmp_path):
    write(tmp_path, train__loss=[(3, 1.0)], val__CIDEr=[(3, 0.1), (7, 0.2)], epoch=[(7, 1)])
    write(tmp_path, suffix=".later", val__CIDEr=[(0, 0.2)], epoch=[(0, 0)])
    write(tmp_path, suffix=".test", test__CIDEr=[(0, 0.3)], epoch=[(0, 0)])
    curves = read_curves(tmp_path)
    assert curves["val/CIDEr"].steps == [3, 7]
    assert curves["epoch"].steps == [7]
    assert curves["test/CIDEr"].values == pytest.approx([0.3])


def test_divergence_is_seen(tmp_path):
    write(tmp_path, train__loss=[(0, 2.0), (1, math.nan), (2, math.inf)])
    values = read_curves(tmp_path)["train/loss"].values
    assert values[0] == 2.0
    assert math.isnan(values[1])
    assert values[2] == math.inf


@pytest.mark.parametrize("left", [0.0, 0.1, 0.5, 0.999])
def test_a_file_that_breaks_off_counts_up_to_there(tmp_path, left):
    file = write(tmp_path, train__loss=[(step, 1.0) for step in range(100)])
    content = file.read_bytes()
    file.write_bytes(content[: int(left * len(content))])
    steps = read_curves(tmp_path).get("train/loss", Curve([], [], [])).steps
    assert steps == list(range(len(steps)))
    assert len(steps) == pytest.approx(100 * left, abs=4)


def test_a_file_that_was_written_over_counts_up_to_there(tmp_path):
    file = write(tmp_path, train__loss=[(step, 1.0) for step in range(100)])
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\x07" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    assert 40 < len(read_curves(tmp_path)["train/loss"].steps) < 60


def test_other_files_are_let_be(tmp_path):
    (tmp_path / "events.out.tfevents.1.folder").mkdir()
    (tmp_path / "events.out.tfevents.2.text").write_text("no events")
    (tmp_path / "checkpoints").mkdir()
    write(tmp_path / "checkpoints", val__CIDEr=[(1, 1.0)])
    assert read_curves(tmp_path) == {}


def test_the_cost_is_that_of_the_whole_run(tmp_path):
    write(
        tmp_path,
        cost__seconds=SECONDS,
        cost__captions_per_second=[(9, 30.0), (29, 40.0)],
        cost__images_seen=[(9, 1600), (29, 4800)],
        cost__peak_memory=[(29, 812.5)],
    )
    assert training_cost(read_curves(tmp_path)) == TrainingCost(70.0, 40.0, 4800, 812.5)


def test_a_run_without_a_record_has_no_cost(tmp_path):
    write(tmp_path, train__loss=[(1, 1.0)])
    assert training_cost(read_curves(tmp_path)) is None


def test_a_run_of_ours_leaves_curves_and_its_cost(trained):
    curves = read_curves(trained.parent.parent)
    assert curves["val/CIDEr"].steps == curves["cost/seconds"].steps
    assert curves["val/CIDEr"].seconds == curves["cost/seconds"].values
    cost = training_cost(curves)
    assert cost is not None
    epochs, images, references = len(curves["val/CIDEr"].steps), 16, 2
    assert cost.images_seen == epochs * images
    captions = epochs * images * references
    assert cost.captions_per_second * cost.seconds == pytest.approx(captions, rel=1e-5)
    assert cost.peak_memory is not None
    assert cost.peak_memory > 1
