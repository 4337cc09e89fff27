"""The layout of custom scalars reaches TensorBoard, and its charts find the curves."""

import re

import pytest
from tensorboard.plugins.custom_scalar import layout_pb2, metadata

from captioner.callbacks import ScalarLayout

pytestmark = pytest.mark.integration


def read_layout(events) -> dict[str, dict[str, list[str]]]:
    (event,) = events.Tensors(metadata.CONFIG_SUMMARY_TAG)
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    return {
        category.title: {chart.title: list(chart.multiline.tag) for chart in category.chart}
        for category in layout.category
    }


def test_it_is_written_once(events):
    assert read_layout(events) == ScalarLayout.charts()


def test_every_chart_shows_one_curve_of_a_run(events):
    """ELMo's charts, which this captioner has nothing for, are empty."""
    curves = events.Tags()["scalars"]
    for category, charts in read_layout(events).items():
        for title, (tag,) in charts.items():
            shown = [name for name in curves if re.match(tag, name)]
            assert len(shown) == (category != "ELMo"), (title, shown)
