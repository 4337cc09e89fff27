"""Caption cleaning: text of annotation files made safe to print and to tokenize."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from captioner.data.formats.json_files import shown
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def clean_caption(caption: Any, location: str) -> str:
    r"""Return a caption with a space for control characters, and none around it.

    Control characters are nothing that a person wrote: line ends of another system, or sequences
    that would move the cursor of a terminal that the caption is printed on. Half characters
    (surrogates that JSON may spell alone) cannot be written to any file.

    Args:
        caption: What stands where a caption is expected.
        location: Where that is, for the error message.

    Raises:
        CaptionerError: If it is no text, or nothing is left of it.

    Example:
        >>> clean_caption(" A dog\nruns.\x1b[2J ", "captions.json: annotations[0]")
        'A dog runs. [2J'
    """
    if not isinstance(caption, str):
        raise CaptionerError(f"{location}: expected a caption, found {shown(caption)}")
    # Nearly all are printable, which is quick to tell: there may be millions.
    cleaned = (caption if caption.isprintable() else _UNSEEN.sub(" ", caption)).strip()
    if not cleaned:
        raise CaptionerError(
            f"{location}: expected words, found an empty caption (write one, or take it out)"
        )
    return cleaned


def learnt_words(captions: Iterable[str], tokenizer: Tokenizer) -> list[list[str]]:
    """Return the words of an image's captions, as they are trained on.

    A caption without any word, such as "...", would teach a captioner to say nothing: it is left
    out. If an image has no other, it counts as one unknown word, as every image needs a caption.

    Args:
        captions: The captions of one image.
        tokenizer: Splits captions into words.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> learnt_words(["...", "A dog."], PTBTokenizer()), learnt_words(["..."], PTBTokenizer())
        ([['a', 'dog']], [['<unk>']])
    """
    unknown = Vocabulary.SPECIAL[Vocabulary.unk]
    return [words for words in map(tokenizer.tokenize, captions) if words] or [[unknown]]
