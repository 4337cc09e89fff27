"""Samples of more than 8 bits become 8 bits from the right range, solved by hand."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from captioner.data.pictures.bit_depth import own_range, scale
from captioner.data.pictures.images import decode_picture
from captioner.data.pictures.picture_file import open_picture
from captioner.data.pictures.upright_rgb import upright_rgb
from captioner.errors import CaptionerError

UNSIGNED, SIGNED, FLOAT = 1, 2, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, COLOUR = 0, 1, 2


def _tiff(samples, kind, *, photometric=BLACK_IS_ZERO, order="<", bits=None, tags=()):
    """Write an uncompressed TIFF of one strip, as section 2 of TIFF 6.0 lays it out."""
    height, width, *rest = samples.shape
    channels = rest[0] if rest else 1
    bits = bits or samples.dtype.itemsize * 8
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    if bits == 12:  # two samples in three bytes
        pairs = samples.reshape(-1, 2).tolist()
        data = b"".join((a << 12 | b).to_bytes(3, "big") for a, b in pairs)
    entries = [
        (256, "H", [width]), (257, "H", [height]), (258, "H", [bits] * channels),
        (259, "H", [1]), (262, "H", [photometric]), (273, "I", [None]), (277, "H", [channels]),
        (278, "H", [height]), (279, "I", [len(data)]), (339, "H", [kind] * channels), *tags,
    ]  # fmt: skip
    codes = {"H": 3, "I": 4, "f": 11}
    start = 8 + 2 + 12 * len(entries) + 4
    tail, directory = b"", b""
    for number, code, values in sorted(entries):
        given_ = [start + 64 if value is None else value for value in values]
        packed = struct.pack(f"{order}{len(given_)}{code}", *given_)
        if len(packed) > 4:
            place, tail = start + len(tail), tail + packed
            packed = struct.pack(f"{order}I", place)
        directory += struct.pack(f"{order}HHI", number, codes[code], len(given_))
        directory += packed.ljust(4, b"\0")
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(entries))
    return head + directory + struct.pack(f"{order}I", 0) + tail.ljust(64, b"\0") + data


def _png(samples, *, colour_type, transparent=b""):
    """Write a PNG of 16 bits per channel, as its specification lays it out."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
        + (chunk(b"tRNS", transparent) if transparent else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def _grey(data):
    pixels = decode_picture(data, "a picture")
    assert (pixels[0] == pixels[1]).all()
    assert (pixels[0] == pixels[2]).all()
    return pixels[0, 0].tolist()


def _row(*values, dtype=np.uint16):
    return np.array([values], dtype)


def _fractions(*values):
    return np.array([values], np.float32)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (_row(0, 257, 32_896, 65_535), [0, 1, 128, 255]),
        (_row(0, 51, 255), [0, 51, 255]),  # 8 bits
        (_row(0, 512, 1023), [0, 128, 255]),  # 10 bits
        (_row(0, 2064, 4095), [0, 129, 255]),  # 12 bits
        (_row(0, 8192, 16_383), [0, 128, 255]),  # 14 bits
        (_row(0, 16_384, 32_767), [0, 64, 127]),  # 16 bits, of which the upper half is not used
        (_row(0, 0, 0), [0, 0, 0]),
    ],
)
def test_whole_numbers_go_by_the_bits_that_hold_them(samples, expected, order):
    assert _grey(_tiff(samples, UNSIGNED, order=order)) == expected
    assert _grey(_png(samples, colour_type=0)) == expected
    if order == "<":  # Pillow does not read the other one
        assert _grey(_tiff(samples.astype(np.uint32), UNSIGNED, order=order)) == expected
    assert _grey(_tiff(samples.astype(np.int32), SIGNED, order=order)) == expected
    # whole numbers may also be stored as floating point
    assert _grey(_tiff(samples.astype(np.float32), FLOAT, order=order)) == expected


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (_fractions(0.0, 0.2, 1.0), [0, 51, 255]),
        (_fractions(0.0, 0.1, 0.2), [0, 26, 51]),  # a dark picture stays dark
        (_fractions(0.0, 0.5, 2.5), [0, 51, 255]),  # brighter than white
        (_fractions(-1.0, 0.0, 1.0), [0, 128, 255]),
        (_fractions(0.0, 1.5, 255.0), [0, 2, 255]),  # whole numbers but for one
        (_fractions(np.nan, 0.4, 1.0), [0, 102, 255]),
        (_fractions(-np.inf, 0.4, np.inf), [0, 102, 255]),
        (_fractions(np.nan, np.nan), [0, 0]),
        (_fractions(3.4e38, 1.7e38), [255, 128]),
    ],
)
def test_fractions(samples, expected, order):
    assert _grey(_tiff(samples, FLOAT, order=order)) == expected


def test_numbers_beyond_sixteen_bits():
    assert _grey(_tiff(_row(0, 2**31, 2**32 - 1, dtype=np.uint32), UNSIGNED)) == [0, 128, 255]
    assert _grey(_tiff(_row(-100, 0, 100, dtype=np.int32), SIGNED)) == [0, 128, 255]
    assert _grey(_tiff(_row(-100, 0, 100, dtype=np.int16), SIGNED)) == [0, 128, 255]


def test_a_tiff_may_state_its_range():
    dark = _row(0, 50, 100, 200)
    assert _grey(_tiff(dark, UNSIGNED, tags=[(340, "H", [0]), (341, "H", [1000])])) == [
        0, 13, 26, 51
    ]  # fmt: skip
    fractions = _fractions(10, 20, 30)
    stated = [(340, "f", [10.0]), (341, "f", [20.0])]
    assert _grey(_tiff(fractions, FLOAT, tags=stated)) == [0, 255, 255]
    nonsense = [(340, "f", [5.0]), (341, "f", [5.0])]
    assert _grey(_tiff(fractions / 30, FLOAT, tags=nonsense)) == [85, 170, 255]


def test_a_tiff_of_twelve_bits_says_what_white_is():
    # 100 of 4,095; by the samples alone it would be taken for 8 bits
    assert _grey(_tiff(_row(0, 100, 2064, 0), UNSIGNED, bits=12)) == [0, 6, 129, 0]
    assert _grey(_tiff(_row(0, 100), UNSIGNED, bits=12)) == [0, 6]


def test_in_some_tiffs_zero_is_white():
    deep = _row(0, 32_639, 65_535)
    assert _grey(_tiff(deep, UNSIGNED, photometric=WHITE_IS_ZERO)) == [255, 128, 0]
    fractions = _fractions(0, 0.2, 1)
    assert _grey(_tiff(fractions, FLOAT, photometric=WHITE_IS_ZERO)) == [255, 204, 0]
    eight = _row(0, 51, 255, dtype=np.uint8)
    assert _grey(_tiff(eight, UNSIGNED, photometric=WHITE_IS_ZERO)) == [255, 204, 0]


@pytest.mark.parametrize(
    ("head", "content", "expected"),
    [
        (b"P5\n3 1\n4095\n", struct.pack(">3H", 0, 100, 4095), [0, 6, 255]),
        (b"P5\n3 1\n4095\n", struct.pack(">3H", 0, 100, 200), [0, 6, 12]),  # as the file states
        (b"P5\n3 1\n65535\n", struct.pack(">3H", 0, 2064, 4095), [0, 129, 255]),
        (b"P2\n3 1\n1000\n", b"0 100 200", [0, 26, 51]),
        (b"P5\n3 1\n100\n", bytes([0, 20, 100]), [0, 51, 255]),
        (b"Pf\n3 1\n-1.0\n", struct.pack("<3f", 0, 0.2, 1), [0, 51, 255]),
        (b"Pf\n3 1\n1.0\n", struct.pack(">3f", 0, 0.2, 1), [0, 51, 255]),
        (b"Pf\n3 1\n-0.01\n", struct.pack("<3f", 0, 20, 40), [0, 51, 102]),
    ],
)
def test_portable_maps_state_what_white_is(head, content, expected):
    assert _grey(head + content) == expected


@pytest.mark.parametrize(
    ("white", "expected"),
    [
        (65_535, [255, 128, 26]),
        (4095, [255, 128, 26]),
        (1023, [255, 128, 26]),
        (255, [255, 128, 26]),
    ],
)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("order", "<>")
def test_colour_of_sixteen_bits_keeps_what_is_in_the_lower_ones(white, expected, alpha, order):
    share = np.array([1, 128 / 255, 26 / 255])
    samples = np.rint(white * np.tile(share, (2, 3, 1))).astype(np.uint16)
    if alpha:
        samples = np.concatenate([samples, np.full((2, 3, 1), 65_535, np.uint16)], axis=-1)
    for data in (
        _png(samples, colour_type=6 if alpha else 2),
        _tiff(samples, UNSIGNED, photometric=COLOUR, order=order),
    ):
        pixels = decode_picture(data, "a picture")
        assert np.abs(pixels[:, 1, 2].numpy().astype(int) - expected).max() <= 1


def test_what_is_not_read_is_named():
    colour = _tiff(np.ones((1, 1, 3), np.float32), FLOAT, photometric=COLOUR)
    with pytest.raises(CaptionerError, match=r"found a TIFF whose pixels .* floating point, so"):
        decode_picture(colour, "a.tif")


def test_packed_colour_of_sixteen_bits_keeps_its_lower_ones_too():
    packed = io.BytesIO()
    data = _tiff(np.full((4, 4, 3), 4095, np.uint16), UNSIGNED, photometric=COLOUR)
    # Pillow writes no colour of 16 bits, so the strip is packed here
    strip = zlib.compress(data[-96:])
    at = data.index(struct.pack("<HHI", 259, 3, 1)) + 8
    size = data.index(struct.pack("<HHI", 279, 4, 1)) + 8
    packed.write(data[:at] + struct.pack("<I", 8) + data[at + 4 : size])
    packed.write(struct.pack("<I", len(strip)) + data[size + 4 : -96] + strip)
    assert decode_picture(packed.getvalue(), "a picture").unique().tolist() == [255]


def test_grey_of_sixteen_bits_with_transparency():
    samples = np.array([[[0, 65_535], [2064, 65_535], [4095, 65_535], [0, 0]]])
    assert _grey(_png(samples, colour_type=4)) == [0, 129, 255, 255]
    shape = np.array([[[0, 65_535], [0, 32_768], [0, 0]]])  # black ink, drawn by opacity alone
    assert _grey(_png(shape, colour_type=4)) == [0, 127, 255]


def test_a_transparent_colour_of_sixteen_bits_is_compared_with_all_of_them():
    samples = np.array([[[4660, 1, 2], [4661, 1, 2], [65_535, 0, 0]]])
    pixels = decode_picture(
        _png(samples, colour_type=2, transparent=struct.pack(">3H", 4660, 1, 2)), "a picture"
    )
    assert pixels[:, 0].T.tolist() == [[255, 255, 255], [18, 0, 0], [255, 0, 0]]
    grey = _png(_row(7, 8, 65_535), colour_type=0, transparent=struct.pack(">H", 7))
    assert _grey(grey) == [255, 0, 255]


def test_deep_pictures_are_turned_too():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    packed = io.BytesIO()
    Image.fromarray(_row(0, 2064, 4095)).save(packed, "PNG", exif=exif)
    pixels = decode_picture(packed.getvalue(), "a picture")
    assert pixels[0].tolist() == [[0], [129], [255]]


LARGE = (1500, 2000)  # of more than one piece each way


@pytest.mark.parametrize(
    "data",
    [
        _png(np.full((*LARGE, 3), 4095), colour_type=2),
        _png(np.full((*LARGE, 3), 4095), colour_type=2, transparent=struct.pack(">3H", 9, 9, 9)),
        _png(np.full((*LARGE, 4), 4095), colour_type=6),
        _png(np.full((*LARGE, 2), 4095), colour_type=4),
        _png(np.full(LARGE, 4095), colour_type=0, transparent=struct.pack(">H", 9)),
        _tiff(np.full(LARGE, 0.5, np.float32), FLOAT),
        _tiff(np.full(LARGE, 2**31, np.uint32), UNSIGNED),
        b"Pf\n%d %d\n-0.5\n" % LARGE[::-1] + np.full(LARGE, 1.5, np.float32).tobytes(),
    ],
    ids=["RGB", "RGB and a key", "RGBA", "LA", "L and a key", "float", "uint32", "PFM"],
)
def test_a_large_picture_is_never_held_in_more_than_eight_bits(data):
    with open_picture(data) as picture:  # what Pillow itself decodes into is not counted
        tracemalloc.start()
        try:
            upright = upright_rgb(picture)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert upright.size == LARGE[::-1]
    assert peak < 4 * LARGE[0] * LARGE[1] + len(data)


@pytest.mark.parametrize("transparent", [None, (300, 40, 5)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pieces_make_one_picture(channels, transparent):
    generator = np.random.default_rng(0)
    samples = generator.integers(0, 4000, (530, 1100, channels))
    samples[7, 1050] = 4095  # what white is, one piece alone says
    if channels == 4:
        samples[..., 3] = 65_535
    key = transparent[:channels] if transparent and channels < 4 else ()
    samples[520, 30, : len(key)] = key
    data = _png(
        samples.squeeze(),
        colour_type={1: 0, 3: 2, 4: 6}[channels],
        transparent=struct.pack(f">{len(key)}H", *key),
    )
    expected = scale(samples[..., :3], 0, 4095)
    if key:
        expected[(samples == key).all(axis=-1)] = 255
    pixels = decode_picture(data, "a picture").permute(1, 2, 0).numpy()
    assert (pixels == expected).all()


@given(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_any_range_keeps_the_order_of_samples(values):
    samples = np.array(values, np.float32)
    found = scale(samples, *own_range([samples])).astype(int)
    order = np.argsort(samples[~np.isnan(samples)])
    assert (np.diff(found[~np.isnan(samples)][order]) >= 0).all()
    assert (found[np.isnan(samples)] == 0).all()
