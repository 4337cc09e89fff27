"""Resumable download from one of several addresses, checked by size and SHA-256."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from tqdm import tqdm

from captioner.data.preparing.checksum import sha256_of
from captioner.data.preparing.request import BrokenOffError, UselessAddressError, ask, why
from captioner.errors import CaptionerError
from captioner.files import durable_rename

log = logging.getLogger(__name__)

_CHUNK = 1 << 20


@dataclass(frozen=True)
class RetryPolicy:
    """How long a download waits, and how often it tries again.

    Attributes:
        timeout: Seconds without a connection, or without a byte, after which a try is given up.
        retries: How many tries in a row may fail at one address. Those that brought
            ``progress`` bytes or more do not count: a bad line gets there in the end.
        pause: Seconds before the second try; doubled each time that fails.
        progress: Bytes of a try that was worth it.
    """

    timeout: float = 30.0
    retries: int = 5
    pause: float = 1.0
    progress: int = 1 << 20


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it arrives.

    Attributes:
        most: How many bytes it has at most; more are refused.
        size: How many bytes it has exactly, or None if that is not known.
        sha256: Its SHA-256 in hexadecimal digits, or None if that is not known.
    """

    most: int
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Arrival:
    """What has arrived, and from where.

    Attributes:
        address: What it, or the rest of it, came from.
        sha256: Its SHA-256 in hexadecimal digits.
        size: How many bytes it has.
    """

    address: str
    sha256: str
    size: int


def partial_path(target: Path) -> Path:
    """Return where the bytes of a file are until it is whole."""
    return target.with_name(f"{target.name}.part")


def size_of(file: Path) -> int:
    """Return how many bytes a file has, none if it is not there."""
    return file.stat().st_size if file.exists() else 0


def download(
    addresses: Sequence[str],
    target: Path,
    expected: Expected,
    retry_policy: RetryPolicy,
    arriving: Callable[[Arrival], None] = lambda arrival: None,
) -> Arrival:
    """Get a file; what an earlier, killed call has got is not fetched again.

    Whether the rest is of the same file as what is there already, its SHA-256 tells: all archives
    that have an address of their own come with one. Of one without, which only a mirror has, the
    size is checked, and the CRC-32 that a zip or gzip file carries when it is unpacked.

    Args:
        addresses: Where the file is. The next one is asked when one does not have it, has other
            bytes, or breaks off again and again.
        target: Where to put it. It appears when it is whole and checked.
        expected: What is known of it.
        retry_policy: How long to wait, how often to try again.
        arriving: Called when all bytes are there and checked, before the file has its name.

    Raises:
        CaptionerError: If no address had it. What has arrived is kept for the next call.
    """
    partial = partial_path(target)
    reasons = []
    for address in addresses:
        try:
            arrival = _fetch(address, partial, expected, retry_policy)
        except UselessAddressError as error:
            reasons.append(f"{address}: {error}")
            continue
        arriving(arrival)
        durable_rename(partial, target)
        return arrival
    raise CaptionerError(
        f"{target.name}: expected to get it from one of its addresses, found "
        f"{'; '.join(reasons)} (what has arrived is kept; --mirror names another address)"
    )


def _fetch(address: str, partial: Path, expected: Expected, retry_policy: RetryPolicy) -> Arrival:
    """Try until all is there, or the address is not worth another try."""
    from_before = partial.exists()
    failures = furthest = 0
    while True:
        furthest = max(furthest, size_of(partial))
        try:
            _transfer(address, partial, expected, retry_policy.timeout)
        except BrokenOffError as error:
            failures = 0 if size_of(partial) - furthest >= retry_policy.progress else failures + 1
            if failures > retry_policy.retries:
                raise UselessAddressError(f"{error} (tried {failures} times)") from error
            pause = retry_policy.pause * 2 ** max(failures - 1, 0)
            log.warning("%s: found %s; trying again in %.0f s", address, error, pause)
            time.sleep(pause)
            continue
        digest = sha256_of(partial)
        if expected.sha256 in (None, digest):
            return Arrival(address, digest, size_of(partial))
        partial.unlink()
        if not from_before:
            raise UselessAddressError("other bytes than its known SHA-256 says")
        # The beginning came from elsewhere, or from long ago: it may have been the wrong half.
        from_before = False


def _transfer(address: str, partial: Path, expected: Expected, timeout: float) -> None:
    """Get what is missing of a file, in one try.

    Raises:
        BrokenOffError: If trying again may help.
        UselessAddressError: If it will not.
    """
    start = size_of(partial)
    with ask(address, start, timeout) as answer:
        place = answer.headers.get("Content-Range", "")
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if start == expected.size or place == f"bytes */{start}":
                return  # only its name was missing
            partial.unlink()
            raise BrokenOffError(f"a file of fewer bytes than the {start:,} that have arrived")
        if answer.status == HTTPStatus.OK:
            start = 0  # what a server sends that knows no parts of files
        elif not place.startswith(f"bytes {start}-"):
            partial.unlink(missing_ok=True)
            raise BrokenOffError(f"bytes that were not asked for ({place:.80})")
        total = expected.size if answer.length is None else start + answer.length
        _check_total(total, expected)
        _write(answer, partial, start, total, expected.most)


def _check_total(total: int | None, expected: Expected) -> None:
    if total is not None and expected.size not in (None, total):
        raise UselessAddressError(f"{total:,} bytes in place of {expected.size:,}")
    if total is not None and total > expected.most:
        raise UselessAddressError(f"{total:,} bytes, more than {expected.most:,}")


def _write(answer: HTTPResponse, partial: Path, start: int, total: int | None, most: int) -> None:
    """Write down what arrives, up to one piece more than there should be."""
    arrived, limit = start, most if total is None else total
    bar = tqdm(
        total=total,
        initial=start,
        desc=partial.stem,
        unit="B",
        unit_scale=True,
        disable=None,  # without a terminal
    )
    with partial.open("ab" if start else "wb") as file, bar:
        while arrived <= limit and (piece := _read(answer)):
            file.write(piece)
            arrived += len(piece)
            bar.update(len(piece))
    if arrived > limit:
        partial.unlink()
        raise UselessAddressError(f"more than {limit:,} bytes")
    if total is not None and arrived < total:
        raise BrokenOffError(f"{arrived:,} of {total:,} bytes, then nothing")


def _read(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_CHUNK)  # what is there already: it is on disk if the next read fails
    except (OSError, HTTPException) as error:
        raise BrokenOffError(why(error)) from error
