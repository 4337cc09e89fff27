"""One question to a web server, and what kind of failure its answer is."""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse, InvalidURL
from typing import IO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from captioner.data.preparing.address import credentials

# Too early, too many, and what a server answers while something behind it restarts.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class BrokenOffError(Exception):
    """What may work at the next try: the server is busy, or the connection broke.

    Attributes:
        wait: How many seconds the server asks to wait.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class RangeRefusedError(BrokenOffError):
    """The server does not have the bytes that were asked for: the file is shorter by now."""


class UselessAddressError(Exception):
    """What will not get better at this address; another one may have the file."""


class _SafeRedirects(HTTPRedirectHandler):
    """Follow redirects, but never from an encrypted to an open connection, nor off the web."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        kind = urlsplit(newurl).scheme
        if kind != "https" and kind != req.type:
            raise UselessAddressError(f"a redirect from {req.type} to {kind}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(address: str, headers: Mapping[str, str], timeout: float) -> HTTPResponse:
    """Return the answer of a web server, its content still to be read.

    Redirects are followed, ten at most.

    Args:
        address: ``http://`` or ``https://``, possibly with ``user:password@``, which no server
            gets to know that this one redirects to.
        headers: To be sent.
        timeout: Seconds without a connection or a byte after which to give up.

    Raises:
        BrokenOffError: If trying again may help.
        UselessAddressError: If it will not.
    """
    # Packed content would make the number of bytes say nothing.
    every = {"User-Agent": "captioner", "Accept-Encoding": "identity", **headers}
    try:
        if urlsplit(address).scheme not in ("http", "https"):
            raise UselessAddressError("no address that begins with http:// or https://")
        known, authorization = credentials(address)
        question = Request(known, headers=every)
        if authorization:
            question.add_unredirected_header("Authorization", authorization)
        answer = build_opener(_SafeRedirects).open(question, timeout=timeout)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise RangeRefusedError(_status(error)) from error
        if error.code in _PASSING:
            raise BrokenOffError(
                _status(error), _seconds(cast(HTTPMessage, error.headers))
            ) from error
        raise UselessAddressError(_status(error)) from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise UselessAddressError(f"no valid certificate ({error.reason})") from error
        raise BrokenOffError(f"no connection ({error.reason})") from error
    except (ValueError, InvalidURL) as error:  # whose words repeat the address, secrets and all
        raise UselessAddressError("no address that can be understood") from error
    except (OSError, HTTPException) as error:
        raise BrokenOffError(why(error)) from error
    return cast(HTTPResponse, answer)


def why(error: Exception) -> str:
    """Return in a few words what a failed connection is.

    Example:
        >>> why(TimeoutError()), why(ConnectionResetError(104, "Connection reset by peer"))
        ('no answer in time', 'Connection reset by peer')
    """
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _status(error: HTTPError) -> str:
    return f"HTTP {error.code} {' '.join(str(error.reason).split())}"


def _seconds(headers: HTTPMessage) -> float:
    """Return how long a server asks to wait; a date, which it may also name, counts as nothing."""
    try:
        seconds = float(headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0
