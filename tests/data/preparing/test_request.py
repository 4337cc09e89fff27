"""What cannot be shown with a server without a certificate."""

import ssl
from http.client import HTTPMessage
from typing import Any
from urllib.error import URLError
from urllib.request import OpenerDirector, Request

import pytest

from captioner.data.preparing.request import UselessAddressError, _SafeRedirects, ask


def test_redirects_do_not_leave_encryption():
    headers = HTTPMessage()
    follow: Any = _SafeRedirects().redirect_request
    with pytest.raises(UselessAddressError, match="a redirect from https to http"):
        follow(Request("https://a.b/c"), None, 302, "Found", headers, "http://a.b/c")
    assert follow(Request("https://a.b/c"), None, 302, "Found", headers, "https://a.b/d")
    assert follow(Request("http://a.b/c"), None, 302, "Found", headers, "https://a.b/d")


def test_a_wrong_certificate_is_not_tried_again(monkeypatch):
    def refuse(*arguments, **settings):
        raise URLError(ssl.SSLCertVerificationError(1, "hostname mismatch"))

    monkeypatch.setattr(OpenerDirector, "open", refuse)
    with pytest.raises(UselessAddressError, match="no valid certificate .*hostname mismatch"):
        ask("https://a.b/c", 0, 1.0)
