"""Names of files with attention maps."""

from __future__ import annotations

from pathlib import Path


class MapNames:
    """Name the file of each picture's maps: the picture's name and ``.png``.

    Pictures of the same name from different folders get different files.

    Args:
        folder: Where the files are to be.

    Example:
        >>> names = MapNames("maps")
        >>> [names.take(Path(name)).as_posix() for name in ("a/dog.jpg", "b/dog.jpg")]
        ['maps/dog.jpg.png', 'maps/dog.jpg-2.png']
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._taken: set[str] = set()

    def take(self, picture: Path) -> Path:
        """Return a file that no earlier picture has got.

        Args:
            picture: The picture file.
        """
        number, free = 1, f"{picture.name}.png"
        while free in self._taken:
            number += 1
            free = f"{picture.name}-{number}.png"
        self._taken.add(free)
        return self.folder / free
