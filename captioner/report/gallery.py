"""Gallery: the same pictures, with the captions of every captioner and of people."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from captioner.comparison.results import Comparison, GalleryPicture
from captioner.data.pictures.images import read_image
from captioner.errors import CaptionerError
from captioner.formatting import MISSING, fixed
from captioner.report.document import Gallery, GalleryCaption, GalleryItem

_LARGEST = 480  # pixels on a side
_QUALITY = 85


def galleries(comparison: Comparison) -> list[Gallery]:
    """Return the pictures of a comparison, grouped by why they were chosen, in their order."""
    groups: dict[str, list[GalleryPicture]] = {}
    for picture in comparison.gallery:
        groups.setdefault(picture.why, []).append(picture)
    names = [model.name for model in comparison.models]
    return [
        Gallery(why[:1].upper() + why[1:], [_item(picture, names) for picture in pictures])
        for why, pictures in groups.items()
    ]


def _item(picture: GalleryPicture, names: list[str]) -> GalleryItem:
    return GalleryItem(
        title=f"Picture {picture.image_id} ({Path(picture.file).name})",
        name=f"picture-{picture.image_id}",
        jpeg=_smaller(picture.file),
        references=picture.references,
        said=[
            GalleryCaption(
                model=name,
                caption=picture.captions.get(name, MISSING),
                cider=fixed(picture.cider.get(name), 2),
                maps=picture.maps.get(name),
            )
            for name in names
        ],
    )


def _smaller(file: str) -> bytes | None:
    """Return a picture as JPEG, at most 480 pixels on a side, or None if it cannot be read."""
    try:
        pixels = read_image(file)
    except CaptionerError:
        return None
    picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())  # 3 H W -> H W 3
    picture.thumbnail((_LARGEST, _LARGEST))
    out = io.BytesIO()
    picture.save(out, format="jpeg", quality=_QUALITY)
    return out.getvalue()
