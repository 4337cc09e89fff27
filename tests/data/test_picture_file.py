"""Which files count as pictures at all."""

import subprocess
import sys
import threading
import warnings

import pytest
from PIL import EpsImagePlugin, Image

from captioner.data import read_image
from captioner.data.picture_file import explain_damage, ignore_remarks
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
    code = "import warnings, captioner.data.picture_file"
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
