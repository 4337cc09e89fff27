"""Which files count as pictures at all."""

import pytest
from PIL import EpsImagePlugin, Image

from captioner.data import read_image
from captioner.data.thumbnails import read_thumbnail
from captioner.errors import CaptionerError


def _read_small(path):
    return read_thumbnail(path, 64)


@pytest.mark.parametrize("read", [read_image, _read_small])
def test_a_program_is_no_picture(read, tmp_path, monkeypatch):
    # Pillow hands PostScript to an interpreter, which runs what it says
    def run(*arguments, **options):
        raise AssertionError

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", run)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.jpg", "EPS")
    with pytest.raises(CaptionerError, match=r"a\.jpg: expected a picture, .* of another kind"):
        read(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG2000", "PPM", "AVIF"])
def test_rare_kinds_of_photographs(kind, tmp_path):
    Image.new("RGB", (8, 6), "red").save(tmp_path / "a", kind)
    assert read_image(tmp_path / "a").shape == (3, 6, 8)
