"""Attention maps of many pictures as files in a folder."""

from __future__ import annotations

from pathlib import Path

from captioner.data.pictures.images import read_image
from captioner.data.pictures.transforms import EvalTransform
from captioner.errors import CaptionerError
from captioner.files import atomic_path
from captioner.types import Caption
from captioner.visual.attention_figure import attention_figure
from captioner.visual.map_names import MapNames


class AttentionFiles:
    """Write where a captioner looked, one PNG file for each picture.

    Args:
        folder: Where to write; made if it is not there.
        transform: How pictures become the pixels that the captioner sees.
        grid: Rows and columns of its image tokens.

    Raises:
        CaptionerError: If the folder cannot be made.
    """

    def __init__(self, folder: str | Path, transform: EvalTransform, grid: tuple[int, int]) -> None:
        self.folder = Path(folder)
        self.transform = transform
        self.grid = grid
        self._names = MapNames(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CaptionerError(
                f"{folder}: expected a folder to write attention maps to ({error.strerror})"
            ) from None

    def write(self, path: Path, caption: Caption) -> Path:
        """Write the maps of a picture's caption; return the file.

        Pictures of the same name from different folders get different files.

        Args:
            path: The picture file.
            caption: Its caption, with attention.

        Raises:
            CaptionerError: If the captioner does not attend, or the file cannot be written.
        """
        picture = read_image(path)
        view = self.transform.view(*picture.shape[-2:])
        figure = attention_figure(picture, caption, self.grid, view)
        target = self._names.take(path)
        with atomic_path(target) as temporary:
            figure.savefig(temporary, format="png", dpi=120)
        return target

    def reserve(self, path: Path) -> None:
        """Take the name of a picture's maps that an earlier run has written.

        Args:
            path: The picture file.
        """
        self._names.take(path)
