"""CLIPScore: how well a caption fits the picture itself, by a CLIP model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from captioner.scores.score import Floats, Score

_SCALE = 2.5
# What the paper puts before every caption.
PROMPT = "A photo depicts "


def clip_score(images: NDArray[np.floating], captions: NDArray[np.floating]) -> Score:
    """Score captions by 2.5 * max(cosine of picture and caption, 0).

    Hessel et al., 2021, section 3; the model embeds the caption after "A photo depicts". The scale
    is that of the paper, not the 0-100 of some libraries.

    Args:
        images: Embeddings of the pictures (B, E), of any length.
        captions: Embeddings of their captions (B, E).

    Returns:
        A score in [0, 2.5]; the corpus value is the mean over images.

    Example:
        >>> clip_score(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]])).corpus
        1.5
    """
    return Score.mean(_SCALE * np.maximum(_cosine(images, captions), 0.0))


def ref_clip_score(
    images: NDArray[np.floating],
    captions: NDArray[np.floating],
    references: list[NDArray[np.floating]],
) -> Score:
    """Score captions by the harmonic mean of CLIPScore and the closest reference.

    Hessel et al., 2021, section 3.

    Args:
        images: Embeddings of the pictures (B, E).
        captions: Embeddings of their captions (B, E).
        references: For each image the embeddings of its references (R, E).

    Returns:
        A score in [0, 2.5]; the corpus value is the mean over images.

    Example:
        >>> image, caption = np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]])
        >>> round(ref_clip_score(image, caption, [caption]).corpus, 3)
        1.2
    """
    to_image = clip_score(images, captions).images
    closest = [
        _cosine(other, caption[None]).max()
        for other, caption in zip(references, captions, strict=True)
    ]
    to_reference = np.maximum(np.array(closest), 0.0)
    total = to_image + to_reference
    return Score.mean(
        np.divide(2 * to_image * to_reference, total, out=np.zeros(len(total)), where=total > 0)
    )


def _cosine(first: NDArray[np.floating], second: NDArray[np.floating]) -> Floats:
    first, second = first.astype(np.float64), second.astype(np.float64)
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    product = (first * second).sum(-1)
    return np.divide(product, lengths, out=np.zeros_like(product), where=lengths > 0)
