"""Pictures with what every captioner says about them, and where it looked."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioner.comparison.results import GalleryPicture
from captioner.data.formats.example import Example
from captioner.data.pictures.images import read_image
from captioner.errors import CaptionerError
from captioner.models.search_settings import SearchSettings
from captioner.pipeline import CaptioningPipeline
from captioner.types import Caption
from captioner.visual.attention_figure import attention_figure

Kind = TypeVar("Kind")

_DOTS_PER_INCH = 80
_COLOURS = 256


def make_gallery(
    chosen: Sequence[tuple[int, str]],
    examples: Sequence[Example],
    captions: Mapping[str, Mapping[int, str]],
    cider: Mapping[str, Mapping[int, float]],
    pipelines: Mapping[str, CaptioningPipeline],
    search: SearchSettings,
) -> list[GalleryPicture]:
    """Return pictures with their references, every captioner's caption, and attention maps.

    What is shown are the captions that were scored. Maps come from captioning the picture again:
    if that ends in another sentence, as two that are equally likely may take turns, the maps would
    explain a caption that nobody sees, so there are none.

    Args:
        chosen: Ids of pictures, and why each was chosen.
        examples: The test images, with their references.
        captions: The captions that were scored: by name of the captioner, then by image id.
        cider: Their CIDEr, likewise.
        pipelines: The captioners, by name; one that is not here has no maps.
        search: How the captions that were scored were found.

    Raises:
        ValueError: If a chosen picture is not among the examples.
    """
    known = {example.image_id: example for example in examples}
    if unknown := [image_id for image_id, _ in chosen if image_id not in known]:
        raise ValueError(f"chosen: expected ids of the examples, found {unknown[0]}")
    pictures = {image_id: known[image_id] for image_id, _ in chosen}
    maps = {
        name: _maps(pipeline, list(pictures.values()), captions[name], search)
        for name, pipeline in pipelines.items()
    }
    return [
        GalleryPicture(
            image_id=image_id,
            file=known[image_id].path,
            why=why,
            references=list(known[image_id].captions),
            captions=_of(image_id, captions),
            cider=_of(image_id, cider),
            maps=_of(image_id, maps),
        )
        for image_id, why in chosen
    ]


def _of(image_id: int, found: Mapping[str, Mapping[int, Kind]]) -> dict[str, Kind]:
    """Return what there is of one picture, by name of the captioner."""
    return {name: own[image_id] for name, own in found.items() if image_id in own}


def _maps(
    pipeline: CaptioningPipeline,
    pictures: Sequence[Example],
    captions: Mapping[int, str],
    search: SearchSettings,
) -> dict[int, bytes]:
    """Return a PNG for each picture of which the captioner says again what was scored."""
    found = pipeline.iterate([picture.path for picture in pictures], search=search)
    return {
        picture.image_id: _draw(pipeline, picture, result[0])
        for picture, (_, result) in zip(pictures, found, strict=True)
        if not isinstance(result, CaptionerError)
        and result[0].attention is not None
        and result[0].text == captions.get(picture.image_id)
    }


def _draw(pipeline: CaptioningPipeline, example: Example, caption: Caption) -> bytes:
    picture = read_image(example.path)
    view = pipeline.transforms[0].view(*picture.shape[-2:])
    grid = pipeline.ensemble.captioners[0].encoder.grid
    figure = attention_figure(picture, caption, grid, view)
    figure.savefig(drawn := io.BytesIO(), format="png", dpi=_DOTS_PER_INCH)
    return _packed(Image.open(drawn).convert("RGB"))


def _packed(drawn: Image.Image) -> bytes:
    """Return a PNG with a palette: less than half the bytes of one without, for the same look."""
    palette = drawn.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE)
    # Dithered, or skies get edges.
    few = drawn.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(packed := io.BytesIO(), format="png", optimize=True)
    return packed.getvalue()


BEST, WORST, DISAGREEMENT = "best", "worst", "most disagreement"


def choose_pictures(
    image_ids: Sequence[int], cider: Mapping[str, NDArray[np.float64]], *, each: int = 4
) -> list[tuple[int, str]]:
    """Choose the images that captioners describe best and worst, and on which they disagree most.

    Best and worst are those with the highest and lowest mean CIDEr over captioners; disagreement
    is the span from the worst captioner to the best. Of images that are alike the first one in
    ``image_ids`` is taken; an image that two reasons speak for has the first, and the next image
    the other.

    Args:
        image_ids: Ids of the B images.
        cider: For each captioner, by name, the CIDEr of each image (B,); of the captions that will
            be shown.
        each: How many images are wanted for each reason.

    Returns:
        Image id and reason: "best", "worst", then, of two captioners or more, "most disagreement".
        No image is there twice, so of few images fewer are returned.

    Example:
        >>> cider = {"LSTM": np.array([1.0, 0.0, 0.5]), "ELMo": np.array([1.2, 0.1, 0.0])}
        >>> choose_pictures([7, 8, 9], cider, each=1)
        [(7, 'best'), (8, 'worst'), (9, 'most disagreement')]
    """
    values = np.stack(list(cider.values()))
    mean, span = values.mean(0), values.max(0) - values.min(0)
    orders = {BEST: -mean, WORST: mean}
    if len(values) > 1:
        orders[DISAGREEMENT] = -span
    chosen: dict[int, str] = {}
    for why, order in orders.items():
        free = [place for place in np.argsort(order, kind="stable") if place not in chosen]
        chosen.update(dict.fromkeys(free[:each], why))
    return [(image_ids[place], why) for place, why in chosen.items()]
