"""Addresses on the web that may hold a password: what is asked, and what may be told of them."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import SplitResult, unquote, urlsplit


def file_in(folder: str, name: str) -> str:
    """Return the address of a file in a folder on the web, its query (a token, say) at the end.

    Args:
        folder: Address of the folder; one that cannot be taken apart is returned as it is.
        name: Of the file.

    Example:
        >>> file_in("https://a.b/sets/?token=9f", "val.zip")
        'https://a.b/sets/val.zip?token=9f'
    """
    try:
        parts = urlsplit(folder)
    except ValueError:  # whoever asks there says so
        return folder
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


def without_secrets(address: str) -> str:
    """Return an address without user, password, query and fragment: these open doors.

    Args:
        address: Any; of one that cannot be taken apart nothing is told.

    Example:
        >>> without_secrets("https://me:secret@a.b:80/val.zip?token=9f")
        'https://a.b:80/val.zip'
        >>> without_secrets("http://me:secret@[a")
        'an address that is none'
    """
    try:
        return _bare(urlsplit(address))._replace(query="", fragment="").geturl()
    except ValueError:
        return "an address that is none"


def credentials(address: str) -> tuple[str, str]:
    """Return an address as servers know it, and what ``Authorization`` to send with it, or "".

    Args:
        address: Possibly with ``user:password@`` (RFC 3986, section 3.2.1; RFC 7617).

    Raises:
        ValueError: If the address cannot be taken apart.

    Example:
        >>> credentials("https://me:secret@a.b/val.zip?part=1")
        ('https://a.b/val.zip?part=1', 'Basic bWU6c2VjcmV0')
        >>> credentials("https://a.b/val.zip")
        ('https://a.b/val.zip', '')
    """
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, ""
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return _bare(parts).geturl(), f"Basic {b64encode(user.encode()).decode()}"


def _bare(parts: SplitResult) -> SplitResult:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])
