"""Files taken apart into their blocks and put together again, with right lengths and sums."""

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
import zlib

from tests.fuzz.mutations import Block

_TAIL = b"\0tail"  # head of what follows the last whole block


def split_png(data: bytes) -> list[Block]:
    """Return the chunks of a PNG; pixels are unpacked, so that a fault reaches the filters."""
    blocks, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, inside = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        blocks.append((kind, zlib.decompress(inside) if kind == b"IDAT" else inside))
        place += 12 + length
    return blocks


def join_png(blocks: list[Block]) -> bytes:
    """Return a PNG of chunks, with their check sums."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, inside in blocks:
        packed = zlib.compress(inside, 1) if kind == b"IDAT" else inside
        parts += [struct.pack(">I", len(packed)), kind, packed]
        parts.append(struct.pack(">I", zlib.crc32(kind + packed)))
    return b"".join(parts)


def split_jpeg(data: bytes) -> list[Block]:
    """Return the segments of a JPEG up to its first scan, and the rest as one block."""
    blocks, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, place + 2)
        blocks.append((data[place : place + 2], data[place + 4 : place + 2 + length]))
        place += 2 + length
    return [*blocks, (_TAIL, data[place:])]


def join_jpeg(blocks: list[Block]) -> bytes:
    """Return a JPEG of segments, with their lengths."""
    parts = [b"\xff\xd8"]
    for marker, inside in blocks:
        length = b"" if marker == _TAIL else struct.pack(">H", min(len(inside) + 2, 65_535))
        parts += [b"" if marker == _TAIL else marker, length, inside]
    return b"".join(parts)


def split_riff(data: bytes) -> list[Block]:
    """Return the chunks of a RIFF file, such as WebP."""
    blocks, place = [], 12
    while place + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, place + 4)
        blocks.append((data[place : place + 4], data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return blocks


def join_riff(blocks: list[Block]) -> bytes:
    """Return a WebP of chunks."""
    parts = [
        kind + struct.pack("<I", len(inside)) + inside + bytes(len(inside) % 2)
        for kind, inside in blocks
    ]
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def split_boxes(data: bytes) -> list[Block]:
    """Return the outermost boxes of a file of boxes: AVIF and JPEG 2000."""
    blocks, place = [], 0
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + length if length >= 8 else len(data)
        blocks.append((data[place + 4 : place + 8], data[place + 8 : end]))
        place = end
    return blocks


def join_boxes(blocks: list[Block]) -> bytes:
    """Return a file of boxes, with their lengths."""
    return b"".join(struct.pack(">I", 8 + len(inside)) + kind + inside for kind, inside in blocks)


def split_tar(data: bytes) -> list[Block]:
    """Return the members of a tar file: header and content."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [
            (data[m.offset : m.offset_data], data[m.offset_data : m.offset_data + m.size])
            for m in tar
        ]


def join_tar(blocks: list[Block]) -> bytes:
    """Return a tar file of members, with the check sums of their headers."""
    parts = []
    for header, inside in blocks:
        fixed = bytearray(header.ljust(512, b"\0"))
        fixed[148:156] = b" " * 8
        fixed[148:156] = b"%06o\0 " % sum(fixed[:512])
        parts += [bytes(fixed), inside, bytes(-len(inside) % 512)]
    return b"".join(parts) + bytes(1024)


def split_zip(data: bytes) -> list[Block]:
    """Return the members of a zip file: name and content, unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename.encode(), archive.read(info)) for info in archive.infolist()]


def join_zip(blocks: list[Block]) -> bytes:
    """Return a zip file of members that are stored as they are, with their check sums."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for number, (name, inside) in enumerate(blocks):
            info = zipfile.ZipInfo(name.decode("utf-8", "replace") or str(number))
            archive.writestr(info, inside)
    return packed.getvalue()


def split_gzip(data: bytes) -> list[Block]:
    """Return what is in a gzip file, as one block."""
    return [(b"", gzip.decompress(data))]


def join_gzip(blocks: list[Block]) -> bytes:
    """Return a gzip file of each block, one behind the other."""
    return b"".join(gzip.compress(inside, 1, mtime=0) for _, inside in blocks)
