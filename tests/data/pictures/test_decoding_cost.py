"""What looking at a picture is said to cost is what it costs."""

import io

import pytest
from PIL import Image

from captioner.data.pictures.images import decode_picture
from captioner.data.pictures.picture_file import open_picture
from captioner.data.pictures.thumbnails import draft


def encoded(mode, kind, **options):
    content = io.BytesIO()
    Image.new(mode, (640, 320)).save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG")]
)
def test_it_costs_the_pixels_that_are_decoded(mode, kind):
    data = encoded(mode, kind)
    _, height, width = decode_picture(data, "a.jpg", least=32).shape
    assert draft(open_picture(data), 32) == height * width


def test_a_progressive_one_costs_more():
    assert draft(open_picture(encoded("RGB", "JPEG", progressive=True)), 32) == (
        80 * 40 + 640 * 320 // 3
    )
