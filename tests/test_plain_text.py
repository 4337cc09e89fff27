"""The one function that opens text: what it reads, and what it says of everything else."""

import contextlib
import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import CaptionerError
from captioner.plain_text import read_plain_text

MARKED = ["utf-8-sig", "utf-16", "utf-32"]
SENTENCES = "Zwei Köter.\n一只狗\u2028 a dog\x85 \x0b🐕\n"


@pytest.fixture
def put(tmp_path):
    """Return a function that writes bytes to a file."""

    def write(content, name="a.txt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("encoding", ["utf-8", *MARKED])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_reads_every_stated_encoding_packed_or_not(put, encoding, end, packed):
    content = SENTENCES.replace("\n", end).encode(encoding)
    assert read_plain_text(put(gzip.compress(content) if packed else content)) == SENTENCES


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("bits", [16, 32])
def test_either_order_of_bytes(put, order, bits):
    codec = f"utf-{bits}-{order}"
    assert read_plain_text(put(f"\ufeff{SENTENCES}".encode(codec))) == SENTENCES


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_any_text_comes_back(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.txt"
    for encoding in MARKED:
        file.write_bytes(text.encode(encoding))
        assert read_plain_text(file) == text


@given(st.binary())
def test_any_bytes_are_text_or_one_sentence(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.txt"
    for each in (content, b"\x1f\x8b" + content, b"\xff\xfe" + content, gzip.compress(content)):
        file.write_bytes(each)
        with contextlib.suppress(CaptionerError):
            assert isinstance(read_plain_text(file), str)


def test_a_single_return_among_other_line_ends_is_none(put):
    assert read_plain_text(put(b"a\rb\r\nc\n")) == "a\rb\nc\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            "ein\nHund\nbellt süß".encode("cp1252"),
            "bytes that are not UTF-8 in line 3, so save it as UTF-8 (the first is 0xFC, in "
            "Windows-1252 'ü'; iconv -f WINDOWS-1252 -t UTF-8 converts a file of that encoding)",
        ),
        ("A dog.".encode("utf-16-le"), "UTF-16 without a byte order mark, so save it as UTF-8"),
        ("A dog.".encode("utf-16-be"), "UTF-16 without a byte order mark, so save it as UTF-8"),
        (b"\xff\xfeA", "UTF-16 that is damaged or cut off"),
        (b"\xff\xfe\x00\x00A", "UTF-32 that is damaged or cut off"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive or an Excel workbook"),
        (b"\xfd7zXZ\x00\xff", "text packed with xz, so unpack it"),
        (gzip.compress(b"A dog." * 99, mtime=0)[:-9], "damaged gzip"),
    ],
)
def test_other_encodings_and_kinds_are_named(put, content, found):
    with pytest.raises(CaptionerError) as error:
        read_plain_text(put(content), "a list")
    assert f"a.txt: expected a list, found {found}" in str(error.value)


def test_the_advice_makes_a_file_that_is_read(put):
    content = "A café.".encode("cp1252")
    with pytest.raises(CaptionerError, match=r"iconv -f WINDOWS-1252 -t UTF-8 "):
        read_plain_text(put(content))
    assert read_plain_text(put(content.decode("windows-1252").encode("utf-8"))) == "A café."


@pytest.mark.parametrize("packed", [False, True])
def test_a_text_that_is_too_large_is_not_unpacked(put, packed):
    content = b" " * 50_000_000
    file = put(gzip.compress(content) if packed else content)
    with pytest.raises(CaptionerError, match=r"at most 0\.001 GB unpacked, found a larger one!"):
        read_plain_text(file, max_gb=1e-3, if_larger="!")


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, found in (
        ("none", "no such file or directory: none"),
        ("", "is a directory"),
        ("pipe", "no regular file"),
        ("nul\0", "embedded null"),
    ):
        with pytest.raises(CaptionerError, match=f"expected a text file, found {found}"):
            read_plain_text(
                f"{tmp_path}/{name}", if_missing=lambda file: f": {str(file).rpartition('/')[2]}"
            )
