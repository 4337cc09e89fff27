"""Picture files without trust: what is read of them, and what is said when that fails."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from captioner.data.pictures.tar_members import read_member, split_member
from captioner.data.preparing.prepare_hint import prepare_hint
from captioner.errors import CaptionerError

MAX_BYTES = 10**9
# RGB, half a gigabyte. Decoding takes 8 to 19 bytes a pixel at its peak, most with transparency of
# 16 bits: of the largest picture up to 3.4 GB.
MAX_PIXELS = 178_000_000
# What people keep photographs in. Pillow knows forty kinds, among them programs in PostScript,
# which it has another program run.
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM")
# What iPhones photograph in, by the brand that follows ``ftyp`` (ISO/IEC 23008-12, section 10.2).
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1")
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"  # the last chunk, the same in all files
_TILE_SIDES = (322, 323)  # TileWidth and TileLength, TIFF 6.0, section 15
_START_OF_SCAN = b"\xff\xda"  # never within coded data, ITU-T T.81, section B.1.1.5
_MOST_SCANS = 16  # of the largest picture; encoders write about ten
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_picture_file(path: str | Path) -> bytes:
    """Return the content of a picture file.

    Args:
        path: The file; one inside a tar file is named like one in a folder,
            ``shards/train-000000.tar/000000000139.jpg``.

    Raises:
        CaptionerError: If it is missing, empty, no regular file, unreadable, or larger than
            ``MAX_BYTES``.
    """
    inside = split_member(str(path))
    path = Path(path)
    try:
        if inside is not None and not path.exists():
            return _not_empty(read_member(*inside, MAX_BYTES), path)
        if not path.is_file() and path.exists() and not path.is_dir():  # a pipe never ends
            raise CaptionerError(f"{path}: expected a picture, found no regular file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1) if path.stat().st_size > MAX_BYTES else file.read()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        remedy = prepare_hint(path) if isinstance(error, FileNotFoundError) else ""
        raise CaptionerError(f"{path}: expected a picture, found {reason}{remedy}") from error
    if len(data) > MAX_BYTES:
        raise CaptionerError(f"{path}: expected a picture of at most 1 GB, found a larger file")
    return _not_empty(data, path)


def _not_empty(data: bytes, path: Path) -> bytes:
    if not data:
        raise CaptionerError(f"{path}: expected a picture, found an empty file")
    return data


def ignore_remarks() -> None:
    """Have Python drop what decoders remark on pictures that they decode all the same.

    Pillow warns of every large or odd picture. The filters of warnings belong to the process: to
    change them for the time of one picture, as ``warnings.catch_warnings`` does, is no work for
    threads, of which one restores what another has set. So this is called once, when this module is
    imported, and holds for the whole process, but only for warnings that come from Pillow.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")


ignore_remarks()


@contextmanager
def explain_damage(path: str | Path) -> Iterator[None]:
    """Turn what decoders raise into one sentence with the name of the file.

    Args:
        path: The file that is decoded.

    Raises:
        CaptionerError: If decoding fails.
    """
    try:
        yield
    except CaptionerError:
        raise
    except UnidentifiedImageError as error:
        raise CaptionerError(f"{path}: expected a picture, found {error}") from error
    except Image.DecompressionBombError as error:
        raise CaptionerError(
            f"{path}: expected a picture of at most {MAX_PIXELS // 10**6} million pixels, found a "
            "larger one"
        ) from error
    except Exception as error:  # a decoder may raise anything: 0 as a height, it divides by 0
        raise CaptionerError(
            f"{path}: expected a whole picture, found a damaged one ({_first_line(error)})"
        ) from error


def open_picture(data: bytes) -> Image.Image:
    """Return a picture of which only the header has been read.

    Args:
        data: The content of its file.

    Raises:
        UnidentifiedImageError: If it is of none of the kinds in ``KINDS``, or would take far more
            memory or time than its pixels do; it says what it is.
        ValueError: If it is a PNG without an end.
        Image.DecompressionBombError: If it has more than ``MAX_PIXELS`` pixels, which would unpack
            to gigabytes; Pillow's own limit is a variable that any code may have raised.
    """
    try:
        picture = Image.open(io.BytesIO(data), formats=KINDS)
    except UnidentifiedImageError:
        raise UnidentifiedImageError(_kind(data)) from None
    if picture.width * picture.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    if picture.format == "PNG" and data.rfind(_PNG_END) < 0:
        # Pillow stops after the last row, whatever should follow.
        raise ValueError("its end is missing")
    if costly := _costly(picture, data):
        raise UnidentifiedImageError(costly)
    return picture


def _costly(picture: Image.Image, data: bytes) -> str | None:
    """Return what makes a picture of few pixels, in a small file, as costly as a very large one."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):  # a tile is unpacked whole
        width, height = (picture.tag_v2.get(tag, 0) for tag in _TILE_SIDES)
        if width * height > MAX_PIXELS:
            return f"a TIFF with tiles of {width:,} x {height:,} pixels"
    if "progressive" in picture.info:  # every scan goes over all pixels, be it a few bytes long
        scans = data.count(_START_OF_SCAN)
        if scans * picture.width * picture.height > _MOST_SCANS * MAX_PIXELS:
            return f"a progressive JPEG of {scans:,} scans, which would take minutes to decode"
    return None


def _kind(data: bytes) -> str:
    """Return what a file is that Pillow does not know, or does not read."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC, which is to be converted to JPEG first"
    if data.startswith(_TIFF):
        return (
            "a TIFF whose pixels are stored in a way that is not read, such as colour in floating "
            "point, so convert it to 8 or 16 bits first"
        )
    return "a file of another kind"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
