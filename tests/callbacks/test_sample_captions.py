"""Captions of validation images reach TensorBoard, the same images each time."""

import pytest

from captioner.callbacks.sample_captions import SampleCaptions, _row
from captioner.data.formats.example import Example
from captioner.types import Caption

pytestmark = pytest.mark.integration


def test_the_first_images_are_shown_after_every_epoch(events):
    (tag,) = [tag for tag in events.Tags()["tensors"] if tag.startswith(SampleCaptions.tag)]
    texts = [event.tensor_proto.string_val[0].decode() for event in events.Tensors(tag)]
    assert len(texts) == 2
    for text in texts:
        rows = text.splitlines()[2:]
        assert [row.split(" | ")[0] for row in rows] == [f"| {100 + n}" for n in range(8)]
        assert rows[0].endswith("| A red picture.<br>The picture is all red. |")


def test_a_caption_cannot_leave_its_cell():
    row = _row(Example(7, "", ("a | b\n<i>",)), Caption("x|y", ["x|y"], -1.0, [-1.0]))
    assert row == "| 7 | x\\|y | a \\| b &lt;i> |"
