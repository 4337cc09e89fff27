"""HTTP request, and what kind of failure its answer is."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse, InvalidURL
from typing import IO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

# Too early, too many, and what a server answers while something behind it restarts.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class BrokenOffError(Exception):
    """What may work at the next try: the server is busy, or the connection broke."""


class UselessAddressError(Exception):
    """What will not get better at this address; another one may have the file."""


class _SafeRedirects(HTTPRedirectHandler):
    """Follow redirects, but never from an encrypted to an open connection, nor off the web."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        kind = urlsplit(newurl).scheme
        if kind != "https" and kind != req.type:
            raise UselessAddressError(f"a redirect from {req.type} to {kind}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(address: str, start: int, timeout: float) -> HTTPResponse:
    """Return what a web server answers to who wants a file; its content is still to be read.

    Its status is 200 for all of the file, 206 for the rest of it, or 416 if there is no rest (RFC
    9110, section 14). Redirects are followed, ten at most.

    Args:
        address: ``http://`` or ``https://``.
        start: How many bytes of the file are there already.
        timeout: Seconds without a connection or a byte after which to give up.

    Raises:
        BrokenOffError: If trying again may help.
        UselessAddressError: If it will not.
    """
    # Packed content would make the number of bytes say nothing.
    headers = {"User-Agent": "captioner", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        if urlsplit(address).scheme not in ("http", "https"):
            raise UselessAddressError("no address that begins with http:// or https://")
        opener = build_opener(_SafeRedirects)
        return cast(HTTPResponse, opener.open(Request(address, headers=headers), timeout=timeout))
    except HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            return cast(HTTPResponse, error)
        error.close()
        status = f"HTTP {error.code} {' '.join(str(error.reason).split())}"
        if error.code in _PASSING:
            raise BrokenOffError(status) from error
        raise UselessAddressError(status) from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise UselessAddressError(f"no valid certificate ({error.reason})") from error
        raise BrokenOffError(f"no connection ({error.reason})") from error
    except (ValueError, InvalidURL) as error:
        raise UselessAddressError("no address that can be understood") from error
    except (OSError, HTTPException) as error:
        raise BrokenOffError(why(error)) from error


def why(error: Exception) -> str:
    """Return in a few words what a failed connection is.

    Example:
        >>> why(TimeoutError()), why(ConnectionResetError(104, "Connection reset by peer"))
        ('no answer in time', 'Connection reset by peer')
    """
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
