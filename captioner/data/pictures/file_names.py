"""Names of picture files: their ending, and which photograph it is."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

PICTURE_SUFFIXES = (
    *(".apng", ".avif", ".avifs", ".bmp", ".gif", ".j2c", ".j2k", ".jfi", ".jfif", ".jp2", ".jpc"),
    *(".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pfm", ".pgm", ".png", ".pnm"),
    *(".ppm", ".tif", ".tiff", ".webp"),
    # Pictures that cannot be read are said to be skipped; without these, they would be overlooked.
    *(".heic", ".heif", ".hif"),
)

_FLICKR = re.compile(r"(\d+)_[0-9a-f]{10}(_[a-z])?")
_COCO = re.compile(r"COCO_[a-z0-9]+_(\d{12})")
# A Mac's second half of a file (AppleDouble), folders of such and of thumbnails, waste bins
_LEFT_BY_SYSTEMS = re.compile(
    r"\._.*|\.DS_Store|Thumbs\.db|desktop\.ini"
    r"|__MACOSX|\.AppleDouble|@eaDir|\.Trash(es|-\d+)?|\$RECYCLE\.BIN",
    re.IGNORECASE,
)


def is_system_file(name: str) -> bool:
    """Return whether a file is one that an operating system leaves beside pictures.

    They have names like pictures' and are none: ``._dog.jpg`` holds what a Mac knows about
    ``dog.jpg``. Whatever lists folders and archives passes them over; a file that someone names is
    read whatever it is called.

    Args:
        name: Of a file in what is listed, with the folders in there.

    Example:
        >>> [is_system_file(name) for name in ("._dog.jpg", "__MACOSX/a/dog.jpg", "a/dog.jpg")]
        [True, True, False]
    """
    return any(_LEFT_BY_SYSTEMS.fullmatch(part) for part in re.split(r"[/\\]", name))


def image_key(name: str) -> str:
    r"""Return what stays of a picture's name when data sets rename, convert or move it.

    Flickr names a photograph by its number, a secret and a size; data sets keep the number alone
    or with the secret. COCO put the split into the names of 2014 and left it out in 2017. Of other
    names the folder and the suffix are dropped; a backslash, as written on Windows, ends a folder.

    Args:
        name: Name of a picture file, possibly with folders.

    Example:
        >>> image_key("images/1000268201_693b08cb0e.jpg"), image_key("1000268201.webp")
        ('1000268201', '1000268201')
        >>> image_key("COCO_val2014_000000000139.jpg"), image_key("000000000139.jpg")
        ('000000000139', '000000000139')
        >>> image_key("holiday/dog_2.jpg"), image_key(r"holiday\dog_2.jpg")
        ('dog_2', 'dog_2')
    """
    stem = PurePosixPath(name.replace("\\", "/")).stem
    found = _FLICKR.fullmatch(stem) or _COCO.fullmatch(stem)
    return found[1] if found else stem
