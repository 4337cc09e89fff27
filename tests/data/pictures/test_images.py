"""Every kind of picture arrives as RGB; damaged ones are named."""

import io
import os
import zlib

import numpy as np
import PIL
import pytest
import torch
from PIL import Image, ImageOps

import captioner.data.pictures.picture_file
from captioner.data import EvalTransform, read_image
from captioner.data.pictures.upright_rgb import upright_rgb
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing


@pytest.fixture
def photo():
    """A smooth picture, 40 wide and 30 high, with a bright upper left corner."""
    noise = np.random.default_rng(0).integers(0, 200, (4, 5, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((40, 30), Image.Resampling.BICUBIC)
    picture.paste((255, 250, 245), (0, 0, 12, 12))
    return picture


def _save(picture, path, **options):
    picture.save(path, **options)
    return path


def _array(pixels):
    assert pixels.dtype == torch.uint8
    assert pixels.shape[0] == 3
    return pixels.permute(1, 2, 0).numpy().astype(int)


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("a.jpg", "RGB", {"quality": 95}),
        ("progressive.jpg", "RGB", {"progressive": True}),
        ("grey.jpg", "L", {}),
        ("print.jpg", "CMYK", {}),
        ("a.png", "RGB", {}),
        ("grey.png", "L", {}),
        ("ink.png", "1", {}),
        ("palette.png", "P", {}),
        ("a.webp", "RGB", {"lossless": True}),
        ("a.gif", "P", {}),
        ("a.bmp", "RGB", {}),
        ("a.tif", "RGB", {}),
        ("print.tif", "CMYK", {}),
    ],
)
def test_equals_pillow(photo, tmp_path, name, mode, options):
    path = _save(photo.convert(mode), tmp_path / name, **options)
    expected = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert _array(read_image(path)).tolist() == expected.tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_respects_the_orientation(photo, tmp_path, name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = _save(photo, tmp_path / name, exif=exif, quality=95)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
    assert expected.shape == ((30, 40, 3) if orientation < 5 else (40, 30, 3))
    found = _array(read_image(path))
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 3


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_lays_transparent_pictures_on_white(tmp_path, name):
    picture = Image.new("RGBA", (3, 1), (200, 0, 0, 255))
    picture.putpixel((1, 0), (200, 0, 0, 0))
    picture.putpixel((2, 0), (200, 0, 0, 51))  # one fifth of the red, four of the white
    found = _array(read_image(_save(picture, tmp_path / name, lossless=True)))
    assert found[0].tolist() == [[200, 0, 0], [255, 255, 255], [244, 204, 204]]


def test_transparency_without_an_alpha_channel(tmp_path):
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([0, 0, 255, 9, 9, 9])
    palette.putpixel((0, 0), 0)
    keyed = Image.new("RGB", (2, 1), (9, 9, 9))
    keyed.putpixel((0, 0), (1, 2, 3))
    grey = Image.new("LA", (2, 1), (9, 255))
    grey.putpixel((0, 0), (9, 0))
    for path in (
        _save(palette, tmp_path / "palette.png", transparency=0),
        _save(palette, tmp_path / "palette.gif", transparency=0),
        _save(keyed, tmp_path / "keyed.png", transparency=(1, 2, 3)),
        _save(grey, tmp_path / "grey.png"),
    ):
        assert _array(read_image(path))[0].tolist() == [[255, 255, 255], [9, 9, 9]], path


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_scales_sixteen_bits(tmp_path, name):
    grey = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    path = _save(Image.fromarray(grey), tmp_path / name)
    assert _array(read_image(path))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bits_of_colour(tmp_path):
    # Pillow writes no such PNG: header, one row of one pixel, and the end, put together by hand
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pixel = b"\0" + struct.pack(">HHH", 65535, 32896, 0)
    path = tmp_path / "deep.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(pixel))
        + chunk(b"IEND", b"")
    )
    assert _array(read_image(path))[0, 0].tolist() == [255, 128, 0]


def test_takes_the_first_frame(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.webp", "a.png"):
        path = tmp_path / name
        frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
        assert _array(read_image(path))[0, 0].tolist() == [255, 0, 0], name


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.tif"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_refuses_half_a_picture(photo, tmp_path, name, part):
    photo = photo.resize((400, 300))
    path = _save(photo, tmp_path / name)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(CaptionerError, match=rf"{name}: expected a.* picture, found") as error:
        read_image(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", [1, 12, 20])
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_refuses_a_picture_without_its_end(photo, tmp_path, name, missing):
    path = _save(photo, tmp_path / name)
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(CaptionerError, match=rf"{name}: expected a whole picture, found a damaged"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "found an empty file"), (b"hello " * 99, "found a file of another kind")],
)
def test_refuses_what_is_no_picture(tmp_path, content, found):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(CaptionerError, match=rf"a\.jpg: expected a picture, {found}"):
        read_image(path)


def test_refuses_missing_files_and_folders(tmp_path):
    with pytest.raises(CaptionerError, match=r"none\.jpg: expected a picture, found no such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(CaptionerError, match=r"expected a picture, found is a directory"):
        read_image(tmp_path)


def _claim(size, path):
    """Write a PNG whose header says a size that its content does not have."""
    packed = io.BytesIO()
    Image.new("1", (1, 1)).save(packed, "PNG")
    data = bytearray(packed.getvalue())
    data[16:24] = size.to_bytes(4, "big") * 2  # width and height in the header
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("limit", [Image.MAX_IMAGE_PIXELS, None])
@pytest.mark.parametrize("size", [20_000, 60_000])
def test_refuses_a_picture_that_unpacks_to_gigabytes(tmp_path, monkeypatch, limit, size):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)  # which other code may have changed
    path = _claim(size, tmp_path / "bomb.png")
    with pytest.raises(CaptionerError, match=r"bomb\.png: .* at most 178 million pixels, found"):
        read_image(path)


def test_refuses_a_file_of_gigabytes_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(captioner.data.pictures.picture_file, "MAX_BYTES", 100)
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8" + bytes(99))
    with pytest.raises(CaptionerError, match="at most 1 GB, found a larger file"):
        read_image(path)


def test_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(CaptionerError, match=r"a\.jpg: expected a picture, found no regular file"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize(("name", "kind"), [("a.png", "JPEG"), ("a.jpg", "WEBP"), ("a.txt", "PNG")])
def test_the_content_counts_and_not_the_ending(photo, tmp_path, name, kind):
    assert read_image(_save(photo, tmp_path / name, format=kind)).shape == (3, 30, 40)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_the_smallest_pictures(tmp_path, size):
    width, height = size
    for name in ("a.png", "a.jpg", "a.webp"):
        path = _save(Image.new("RGB", size, "white"), tmp_path / name)
        assert read_image(path).shape == (3, height, width)


@pytest.mark.parametrize(
    ("size", "least", "expected"),
    [((800, 640), 80, (100, 80)), ((800, 640), 81, (200, 160)), ((805, 641), 160, (202, 161)),
     ((800, 640), 321, (800, 640)), ((800, 640), None, (800, 640))],
)  # fmt: skip
def test_a_jpeg_is_decoded_at_a_reduced_size_that_is_large_enough(tmp_path, size, least, expected):
    path = tmp_path / "a.jpg"
    Image.radial_gradient("L").resize(size).convert("RGB").save(path)
    assert read_image(path, least=least).shape == (3, *expected[::-1])


def test_reduced_pictures_are_turned_and_have_three_channels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.linear_gradient("L").resize((320, 160)).save(tmp_path / "a.jpg", exif=exif)
    turned = read_image(tmp_path / "a.jpg", least=40)
    assert turned.shape == (3, 80, 40)
    assert turned[:, 0, -1].tolist() < [20] * 3  # the first row has become the last column


@pytest.mark.parametrize(("name", "mode"), [("a.png", "RGB"), ("a.webp", "RGB"), ("a.jpg", "CMYK")])
def test_other_pictures_keep_their_size(tmp_path, name, mode):
    Image.new(mode, (160, 160)).save(tmp_path / name)
    assert read_image(tmp_path / name, least=10).shape == (3, 160, 160)


def test_a_damaged_jpeg_is_found_at_a_reduced_size_too(tmp_path):
    path = tmp_path / "a.jpg"
    Image.effect_noise((320, 320), 60).save(path)
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(CaptionerError, match="expected a whole picture, found a damaged one"):
        read_image(path, least=20)


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBA", "RGBa"])
def test_every_kind_of_transparency_is_laid_on_white(mode):
    # a fifth of red (grey 76) over white; in modes with an "a" colours are multiplied already
    opaque = Image.new("RGBA", (1, 1), (255, 0, 0, 51))
    grey, red = [219] * 3, [255, 204, 204]
    if mode == "PA":
        picture = opaque.convert("RGB").convert("P").convert("PA")
        picture.putalpha(Image.new("L", (1, 1), 51))
    else:
        picture = opaque.convert(mode) if mode != "La" else opaque.convert("LA").convert("La")
    found = np.asarray(upright_rgb(picture))[0, 0].astype(int)
    assert np.abs(found - (grey if mode.startswith("L") else red)).max() <= 2


def test_inks_are_colours_whoever_wrote_them(tmp_path):
    # Adobe's programs store inks inverted and say so in a marker, which Pillow writes too
    path = _save(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=95)
    assert b"Adobe" in path.read_bytes()
    assert np.abs(_array(read_image(path)) - [255, 0, 0]).max() <= 3
    tiff = _save(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.tif")
    assert np.abs(_array(read_image(tiff)) - [255, 0, 0]).max() <= 1


@pytest.mark.parametrize("mode", ["LAB", "YCbCr"])
def test_other_colour_spaces(tmp_path, mode):
    path = _save(Image.new("RGB", (8, 8), (200, 40, 90)).convert(mode), tmp_path / "a.tif")
    try:
        Image.open(path).load()
    except OSError:
        pytest.skip(f"Pillow {PIL.__version__} cannot read what it has written in {mode}")
    assert np.abs(_array(read_image(path)) - [200, 40, 90]).max() <= 3


def test_pixels_are_the_same_however_they_lie_in_memory(photo, tmp_path):
    half = (0.5, 0.5, 0.5)
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos"):
        transform = EvalTransform(Preprocessing((24, 24), half, half, interpolation, 0.9, "center"))
        pixels = read_image(_save(photo, tmp_path / "a.png"))
        assert not pixels.is_contiguous()
        assert torch.equal(transform.pixels(pixels), transform.pixels(pixels.contiguous()))
