"""Pictures of every kind that is read, a few pixels large."""

import io
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from captioner.data.pictures.images import read_image
from captioner.data.pictures.thumbnails import read_thumbnail
from captioner.errors import CaptionerError
from tests.fuzz import blocks
from tests.fuzz.format import Format
from tests.fuzz.mutations import mutate_blocks, mutate_bytes


def read_picture(path: Path) -> None:
    """Read a picture in all ways in which it is read: whole, at a reduced size, and small."""
    refused = None
    for read in (read_image, partial(read_image, least=8), partial(read_thumbnail, side=16)):
        try:
            found = read(path)
        except CaptionerError as error:
            refused = error
        else:
            assert isinstance(found, Image.Image) or found.shape[0] == 3
    if refused is not None:
        raise refused


def _colours(mode: str = "RGB", size: tuple[int, int] = (24, 18)) -> Image.Image:
    ramp = np.arange(size[0] * size[1] * 3, dtype=np.uint32).reshape(size[1], size[0], 3)
    return Image.fromarray((ramp * 37 % 251).astype(np.uint8)).convert(mode)


def _deep(kind: str) -> Image.Image:
    ramp = np.arange(24 * 18).reshape(18, 24)
    return Image.fromarray((ramp * 151).astype(kind))


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    packed = io.BytesIO()
    picture.save(packed, kind, **options)
    return packed.getvalue()


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8769] = orientation, "maker", {0x9003: "2020:01:01"}
    return exif.tobytes()


def _icc() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]  # without the time at which it was made


def _frames(kind: str, **options: object) -> bytes:
    more = [_colours().rotate(180), _colours().rotate(90)]
    return _saved(_colours(), kind, save_all=True, append_images=more, duration=40, **options)


def _jpeg() -> list[bytes]:
    return [
        _saved(_colours(), "JPEG"),
        _saved(_colours(), "JPEG", progressive=True, exif=_exif(6)),
        _saved(_colours(size=(70, 50)), "JPEG", quality=30, restart_marker_blocks=2, comment="a"),
        _saved(_colours("L"), "JPEG", optimize=True, exif=_exif(3)),
        _saved(_colours("CMYK"), "JPEG", icc_profile=b"damaged", xmp=b"<x:xmpmeta/>"),
        _frames("MPO"),
    ]


def _png() -> list[bytes]:
    return [
        _saved(_colours(), "PNG", exif=_exif(6)),
        _saved(_colours("L"), "PNG", icc_profile=_icc()[:200]),
        _saved(_colours("P"), "PNG", transparency=3),
        _saved(_colours("1"), "PNG"),
        _saved(_colours("RGBA"), "PNG", dpi=(72, 72)),
        _saved(_colours("LA"), "PNG"),
        _saved(_deep("uint16"), "PNG"),
        _frames("PNG"),
    ]


def _webp() -> list[bytes]:
    return [
        _saved(_colours(), "WEBP", exif=_exif(6)),
        _saved(_colours("RGBA"), "WEBP", lossless=True),
        _frames("WEBP"),
    ]


def _gif() -> list[bytes]:
    return [
        _saved(_colours("P"), "GIF", interlace=1),
        _saved(_colours("L"), "GIF", transparency=1),
        _frames("GIF", comment="a", loop=0, disposal=2),
    ]


def _tiff() -> list[bytes]:
    packed = [
        _saved(_colours(), "TIFF", compression=name)
        for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "raw")
    ]
    return [
        *packed,
        _saved(_colours("1"), "TIFF", compression="group4"),
        _saved(_colours("P"), "TIFF"),
        _saved(_colours("RGBA"), "TIFF", exif=_exif(8)),
        _saved(_colours("CMYK"), "TIFF", compression="tiff_lzw"),
        _saved(_deep("uint16"), "TIFF"),
        _saved(_deep("int32"), "TIFF"),
        _saved(_deep("float32"), "TIFF"),
        _frames("TIFF"),
    ]


def _bmp() -> list[bytes]:
    return [_saved(_colours(mode), "BMP") for mode in ("RGB", "L", "P", "1", "RGBA")]


def _avif() -> list[bytes]:
    return [
        _saved(_colours(), "AVIF", exif=_exif(6), speed=10),
        _saved(_colours("RGBA"), "AVIF", speed=10),
        _frames("AVIF", speed=10),
    ]


def _jpeg2000() -> list[bytes]:
    return [
        _saved(_colours(), "JPEG2000"),
        _saved(_colours("RGBA"), "JPEG2000", quality_layers=[20, 5]),
        _saved(_deep("uint16"), "JPEG2000", no_jp2=True),
        _saved(_colours(size=(40, 40)), "JPEG2000", tile_size=(16, 16), no_jp2=True),
    ]


def _ppm() -> list[bytes]:
    saved = [_saved(_colours(mode), "PPM") for mode in ("RGB", "L", "1")]
    floats = b"Pf\n4 3\n-1.0\n" + np.linspace(0, 1, 12, dtype="<f4").tobytes()
    plain = [b"P3\n# a\n2 2\n255\n1 2 3 4 5 6 7 8 9 10 11 12\n", b"P1\n3 2\n1 0 1 0 1 0\n"]
    return [*saved, _saved(_deep("uint16"), "PPM"), floats, *plain]


def _blocks(split, join):
    return partial(mutate_blocks, split=split, join=join)


_boxes = _blocks(blocks.split_boxes, blocks.join_boxes)

PICTURES = {
    "jpeg": Format(_jpeg, read_picture, _blocks(blocks.split_jpeg, blocks.join_jpeg)),
    "png": Format(_png, read_picture, _blocks(blocks.split_png, blocks.join_png)),
    "webp": Format(_webp, read_picture, _blocks(blocks.split_riff, blocks.join_riff)),
    "gif": Format(_gif, read_picture),
    "tiff": Format(_tiff, read_picture, partial(mutate_bytes, marks=(b"II*\0", b"\x00\x01\x03\0"))),
    "bmp": Format(_bmp, read_picture),
    "avif": Format(_avif, read_picture, _boxes),
    "jpeg2000": Format(
        _jpeg2000,
        read_picture,
        lambda rng, seeds: (
            _boxes(rng, seeds[:2])
            if rng.random() < 0.4
            else mutate_bytes(rng, seeds, (b"\xff\x4f\xff\x51", b"jp2h", b"\xff\x52"))
        ),
    ),
    "ppm": Format(_ppm, read_picture),
}
