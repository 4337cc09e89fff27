"""Image folders: from names in an annotation file to picture files inside the folders."""

# Paths are put together as text: with a hundred thousand of them, Path costs seconds.
# ruff: noqa: PTH100, PTH110, PTH114, PTH118, PTH120

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

from captioner.errors import CaptionerError

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, half characters
_SEPARATOR = re.compile(r"[/\\]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class ImageFolders:
    """Find picture files by the names that annotation files give them.

    An annotation file may come from anyone, so a name is not trusted: it can neither climb out of
    the folders nor follow a link out of them. A whole path is understood if it leads into one of
    them. In a name with backslashes, as written on Windows, they count as slashes, unless there is
    a file of just that name. An accent that is part of its letter in the one and follows it in the
    other (NFC and NFD in Unicode; a Mac's archives have the latter) makes no difference either.

    Args:
        folders: The folder that names are relative to. Of several folders the first one that holds
            the file counts; a file that none holds is looked for when it is read.

    Example:
        >>> photos = ImageFolders("photos")
        >>> photos.find("more/dog.jpg", "captions.json: images[0]")
        'photos/more/dog.jpg'
        >>> photos.find("../dog.jpg", "captions.json: images[0]")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: captions.json: images[0]: expected the name of a picture \
inside the folder of the pictures, found '../dog.jpg' (names are relative to that folder)
    """

    def __init__(self, folders: str | Sequence[str]) -> None:
        self._folders = [folders] if isinstance(folders, str) else list(folders)
        self._prefixes = [os.path.join(folder, "") for folder in self._folders]
        self._roots = [os.path.join(os.path.realpath(folder), "") for folder in self._folders]

    def find(self, name: str, location: str) -> str:
        """Return the path of a picture file, the same for ``a.jpg`` and ``./a.jpg``.

        Args:
            name: Its name in the annotation file, relative to the folders.
            location: Where the name stands, for the error message.

        Raises:
            CaptionerError: If the name is a web address, a path outside the folders, climbs with
                ``..``, holds characters that no one sees, or leads through a link to a file outside
                the folders.
        """
        name = self._relative(name)
        if not _is_inside(name) or _ADDRESS.match(name):
            address = "a web address, from which the picture is to be fetched first"
            relative = "names are relative to that folder"
            raise CaptionerError(
                f"{location}: expected the name of a picture inside the folder of the pictures, "
                f"found {name!r} ({address if _ADDRESS.match(name) else relative})"
            )
        name = os.path.normpath(name)
        if "\\" in name and not os.path.exists(self._choose(name)):
            name = os.path.normpath(name.replace("\\", "/"))
        if not name.isascii() and not os.path.exists(self._choose(name)):
            spellings = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
            name = next((each for each in spellings if os.path.exists(self._choose(each))), name)
        path = self._choose(name)
        if _has_link(path, name) and not os.path.realpath(path).startswith(tuple(self._roots)):
            raise CaptionerError(
                f"{location}: expected a picture inside the folder of the pictures, found {name!r},"
                f" a link to one outside of it (if you trust it, add {self._folder_of(path)!r} to "
                "the folders of images, data.images)"
            )
        return path

    @staticmethod
    def _folder_of(path: str) -> str:
        return os.path.dirname(os.path.realpath(path))

    def _relative(self, name: str) -> str:
        """Return a whole path that leads into a folder as a name in it, any other as it is."""
        if name.startswith("/"):
            for folder, root in zip(self._folders, self._roots, strict=True):
                for start in (os.path.join(os.path.abspath(folder), ""), root):
                    if name.startswith(start):
                        return name.removeprefix(start)
        return name

    def _choose(self, name: str) -> str:
        if len(self._prefixes) > 1:  # with one folder there is nothing to choose: no disk access
            for prefix in self._prefixes:
                if os.path.exists(prefix + name):
                    return prefix + name
        return self._prefixes[0] + name


def _is_inside(name: str) -> bool:
    """Return whether a name stays below the folder it is relative to, on any operating system."""
    if _UNSEEN.search(name) or name[:1] in ("/", "\\", "") or name[1:2] == ":":
        return False
    return ".." not in name or ".." not in _SEPARATOR.split(name)


def _has_link(path: str, name: str) -> bool:
    """Return whether the file, or a folder between it and the root, is a symbolic link."""
    # one cheap question for each part: resolving a hundred thousand paths would cost seconds
    if os.path.islink(path):
        return True
    for _ in range(name.count("/")):
        path = os.path.dirname(path)
        if os.path.islink(path):
            return True
    return False
