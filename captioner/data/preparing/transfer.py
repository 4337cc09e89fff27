"""One try to get the rest of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from tqdm import tqdm

from captioner.data.preparing.partial import PartialFile, Version
from captioner.data.preparing.request import (
    BrokenOffError,
    RangeRefusedError,
    UselessAddressError,
    ask,
    why,
)

_CHUNK = 1 << 20
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(frozen=True)
class Expected:
    """Say what is known of a file before it arrives.

    Attributes:
        most: How many bytes it has at most; more are refused.
        size: How many bytes it has exactly, or None if that is not known.
        sha256: Its SHA-256 in hexadecimal digits, or None if that is not known.
    """

    most: int
    size: int | None = None
    sha256: str | None = None


def transfer(address: str, partial: PartialFile, expected: Expected, timeout: float) -> None:
    """Get what is missing of a file.

    What has arrived before is only appended to if it is the same version: the server says so, or
    the SHA-256 of the whole will. Otherwise, and where the server knows no parts of files
    (RFC 9110, section 14), all of it is fetched again.

    Args:
        address: Where the file is.
        partial: What has arrived of it; all that was announced, when this returns.
        expected: What is known of it.
        timeout: Seconds without a byte after which to give up.

    Raises:
        BrokenOffError: If trying again may help.
        UselessAddressError: If it will not.
    """
    try:
        answer = ask(address, _resuming(address, partial, expected), timeout)
    except RangeRefusedError:
        partial.discard()
        raise
    with answer:
        start, total = _begin(answer, address, partial, expected)
        limit = expected.most if total is None else total
        arrived = _append(answer, partial, start, total, limit)
    if arrived > limit:
        partial.discard()
        raise UselessAddressError(f"more than {limit:,} bytes")
    if total is not None and arrived < total:
        raise BrokenOffError(f"{arrived:,} of {total:,} bytes, then nothing")


def _resuming(address: str, partial: PartialFile, expected: Expected) -> dict[str, str]:
    """Return the headers that ask for the rest; without a way to tell versions apart, for all."""
    size, version = partial.size, partial.version
    if size and version and partial.is_from(address) and version.validator:
        return {"Range": f"bytes={size}-", "If-Range": version.validator}
    return {"Range": f"bytes={size}-"} if size and expected.sha256 else {}


def _begin(
    answer: HTTPResponse, address: str, partial: PartialFile, expected: Expected
) -> tuple[int, int | None]:
    """Return where in the file the answer begins, and how many bytes the whole has."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise UselessAddressError(f"content packed as {answer.headers['Content-Encoding']}")
    if answer.status == 206:
        return partial.size, _check_rest(answer, address, partial, expected)
    if answer.status != 200:
        raise UselessAddressError(f"HTTP {answer.status} {answer.reason}")
    total = _check_total(answer.length, expected)
    partial.begin(Version.of(address, answer.headers, total))
    return 0, total


def _check_rest(
    answer: HTTPResponse, address: str, partial: PartialFile, expected: Expected
) -> int | None:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if not found or int(found[1]) != partial.size:
        partial.discard()
        raise BrokenOffError(f"bytes that were not asked for ({answer.headers['Content-Range']})")
    total = None if found[3] == "*" else _check_total(int(found[3]), expected)
    before = partial.version
    if before and partial.is_from(address):
        now = Version.of(address, answer.headers, total)
        # A server may leave the validator out of a partial answer, but not change it.
        if now.total != before.total or now.validator not in ("", before.validator):
            partial.discard()
            raise BrokenOffError("a file that has changed meanwhile")
    return total


def _check_total(total: int | None, expected: Expected) -> int | None:
    if total is not None and expected.size not in (None, total):
        raise UselessAddressError(f"{total:,} bytes in place of {expected.size:,}")
    if total is not None and total > expected.most:
        raise UselessAddressError(f"{total:,} bytes, more than {expected.most:,}")
    return expected.size if total is None else total


def _append(
    answer: HTTPResponse, partial: PartialFile, start: int, total: int | None, limit: int
) -> int:
    """Write down what arrives, up to one piece more than ``limit``; return how much is there."""
    arrived = start
    bar = tqdm(
        total=total,
        initial=start,
        desc=partial.target.name,
        unit="B",
        unit_scale=True,
        disable=None,  # without a terminal
    )
    with partial.path.open("ab") as file, bar:
        while arrived <= limit and (piece := _read(answer)):
            file.write(piece)
            arrived += len(piece)
            bar.update(len(piece))
    return arrived


def _read(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_CHUNK)  # what is there already: it is on disk if the next read fails
    except (OSError, HTTPException) as error:
        raise BrokenOffError(why(error)) from error
