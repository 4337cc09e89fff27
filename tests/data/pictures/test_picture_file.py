"""Which files count as pictures at all."""

import io
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import pytest
from PIL import EpsImagePlugin, Image

from captioner.data import read_image
from captioner.data.pictures.images import decode_picture
from captioner.data.pictures.picture_file import explain_damage, ignore_remarks
from captioner.data.pictures.thumbnails import read_thumbnail
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


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1"])
@pytest.mark.parametrize("read", [read_image, _read_small])
def test_what_iphones_photograph_in_is_named(read, brand, tmp_path):
    (tmp_path / "IMG_1.HEIC").write_bytes(
        b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(99)
    )
    with pytest.raises(CaptionerError) as refused:
        read(tmp_path / "IMG_1.HEIC")
    assert str(refused.value) == (
        f"{tmp_path}/IMG_1.HEIC: expected a picture, found HEIC, which is to be converted to JPEG"
        " first"
    )


@pytest.mark.parametrize("kind", ["JPEG2000", "PPM", "AVIF"])
def test_rare_kinds_of_photographs(kind, tmp_path):
    Image.new("RGB", (8, 6), "red").save(tmp_path / "a", kind)
    assert read_image(tmp_path / "a").shape == (3, 6, 8)


def test_decoders_keep_their_remarks_to_themselves(tmp_path, monkeypatch):
    # Pillow warns of more pixels than these, and refuses twice as many
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    Image.new("RGB", (8, 6)).save(tmp_path / "large.jpg")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Image.DecompressionBombWarning):
            Image.open(tmp_path / "large.jpg")
        ignore_remarks()
        assert read_image(tmp_path / "large.jpg").shape == (3, 6, 8)
        with pytest.raises(UserWarning, match="mine"):
            warnings.warn("mine", stacklevel=1)


def test_the_remarks_are_dropped_from_the_import_on():
    code = "import warnings, captioner.data.pictures.picture_file"
    code += "; warnings.warn_explicit('odd', UserWarning, 'a.py', 1, 'PIL.Image')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_leave_the_warnings_of_the_process_alone():
    before, meanwhile, done = warnings.filters, threading.Event(), threading.Event()

    def decode():
        with explain_damage("a.jpg"):
            meanwhile.set()
            done.wait(30)

    thread = threading.Thread(target=decode)
    thread.start()
    meanwhile.wait(30)
    assert warnings.filters is before
    done.set()
    thread.join()


def test_a_jpeg_of_very_many_scans_is_not_decoded():
    packed = io.BytesIO()
    Image.new("L", (1000, 1000), 9).save(packed, "JPEG", progressive=True)
    data = packed.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    few, many = (data[:-2] + scan * count + data[-2:] for count in (10, 4000))
    assert decode_picture(few, "few.jpg").shape == (3, 1000, 1000)
    with pytest.raises(
        CaptionerError, match=r"many\.jpg: expected a picture, found .* 4,006 scans"
    ):
        decode_picture(many, "many.jpg")


def test_a_tiff_of_huge_tiles_is_not_decoded():
    # 64 x 64 pixels in one tile of 20,000 x 20,000, which zlib packs to next to nothing
    side, packed = 20_000, zlib.compress(bytes(4096))
    entries = [
        (256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1),
        (322, side), (323, side), (324, 8 + 2 + 12 * 10 + 4), (325, len(packed)),
    ]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    with pytest.raises(CaptionerError, match=r"found a TIFF with tiles of 20,000 x 20,000 pixels"):
        decode_picture(head + directory + bytes(4) + packed, "a.tif")


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, AssertionError, struct.error])
def test_whatever_a_decoder_raises_is_one_sentence(error):
    damaged = pytest.raises(CaptionerError, match=r"a\.avif: expected a whole picture, found a dam")
    with damaged, explain_damage("a.avif"):
        raise error("no reason")
    with pytest.raises(CaptionerError, match="^mine$"), explain_damage("a.avif"):
        raise CaptionerError("mine")


@pytest.mark.integration
def test_a_png_with_a_wrong_checksum_does_not_end_the_process(tmp_path):
    # libpng leaves the function that called it, which is fatal in a decoder that does not expect it
    packed = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(packed, "PNG")
    data = bytearray(packed.getvalue())
    start = data.index(b"IDAT")
    size = int.from_bytes(data[start - 4 : start], "big")
    end = start + 4 + size
    data[end - 4 : end] = b"\0\0\0\0"  # zlib's own checksum
    data[end : end + 4] = zlib.crc32(data[start:end]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data)
    code = "import sys; from captioner.data import read_image\n"
    code += "try: read_image(sys.argv[1])\nexcept Exception as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.png"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "a.png: expected a whole picture, found a damaged one" in done.stdout
