"""A file from the web, from one of several addresses, whole and checked or not at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from captioner.data.preparing.address import without_secrets
from captioner.data.preparing.checksum import sha256_of
from captioner.data.preparing.partial import PartialFile
from captioner.data.preparing.patience import Patience
from captioner.data.preparing.request import BrokenOffError, UselessAddressError
from captioner.data.preparing.transfer import Expected, transfer
from captioner.errors import CaptionerError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """Say what has arrived, and from where.

    Attributes:
        address: What it, or the rest of it, came from, without what opens doors.
        sha256: Its SHA-256 in hexadecimal digits.
        size: How many bytes it has.
    """

    address: str
    sha256: str
    size: int


def download(
    addresses: Sequence[str],
    target: Path,
    expected: Expected,
    patience: Patience,
    arriving: Callable[[Arrival], None] = lambda arrival: None,
) -> Arrival:
    """Get a file; what an earlier, killed call has got is not fetched again.

    Args:
        addresses: Where the file is. The next one is asked when one does not have it, has other
            bytes, or breaks off again and again.
        target: Where to put it. It appears when it is whole and checked; until then its bytes are
            in ``target.part``.
        expected: What is known of it.
        patience: How long to wait, how often to try again.
        arriving: Called when all bytes are there and checked, before the file has its name.

    Raises:
        CaptionerError: If no address had it. What has arrived is kept for the next call.
    """
    partial = PartialFile(target)
    reasons = []
    for address in addresses:
        try:
            arrival = _fetch(address, partial, expected, patience)
            arriving(arrival)
            partial.finish()
            return arrival
        except UselessAddressError as error:
            reasons.append(f"{without_secrets(address)}: {error}")
    raise CaptionerError(
        f"{target.name}: expected to get it from one of its addresses, found "
        f"{'; '.join(reasons)} (what has arrived is kept; --mirror names another address)"
    )


def _fetch(address: str, partial: PartialFile, expected: Expected, patience: Patience) -> Arrival:
    """Try until all is there, or the address is not worth another try."""
    from_before = partial.size > 0
    failures = 0
    while True:
        before, origin = partial.size, without_secrets(address)
        try:
            if not _is_whole(partial, expected):
                transfer(address, partial, expected, patience.timeout)
            elif version := partial.version:  # a call was killed that had asked another address
                origin = version.address
            digest = sha256_of(partial.path)
            if expected.sha256 in (None, digest):
                return Arrival(origin, digest, partial.size)
        except BrokenOffError as error:
            failures = 0 if partial.size - before >= patience.progress else failures + 1
            if failures > patience.retries:
                raise UselessAddressError(f"{error} (tried {failures} times)") from error
            pause = patience.pause_before(failures, error.wait)
            shown = without_secrets(address)
            log.warning("%s: found %s; trying again in %.0f s", shown, error, pause)
            time.sleep(pause)
            continue
        partial.discard()
        if not from_before:
            raise UselessAddressError("other bytes than its known SHA-256 says")
        # The beginning came from elsewhere, or from long ago: it may have been the wrong half.
        from_before = False


def _is_whole(partial: PartialFile, expected: Expected) -> bool:
    if expected.size is None:
        return partial.is_whole
    if partial.size > expected.size:
        partial.discard()
    return partial.size == expected.size
