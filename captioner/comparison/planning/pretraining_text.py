"""Leaks through pre-training: it may read nothing that captioners do not learn from."""

from __future__ import annotations

from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.datamodules.text import TextDataModule
from captioner.data.datamodules.vocabulary import VocabularyDataModule
from captioner.errors import CaptionerError


def check_pretraining_text(
    name: str, pretraining: VocabularyDataModule, captioner: CaptionDataModule
) -> None:
    """Refuse pre-training on text that is none of the captions that captioners are trained on.

    It might be that of test images, from a data set that was divided otherwise; and if not, more
    text is an advantage that a reader must be told of.

    Args:
        name: Of the captioner in the comparison.
        pretraining: The data of what is trained before it.
        captioner: The data of all captioners.

    Raises:
        CaptionerError: If there is such text.
    """
    tokenize = pretraining.tokenizer.tokenize
    known = {
        tuple(tokenize(text)) for example in captioner.splits.train for text in example.captions
    }
    read = _sentences(pretraining)
    others = sum(sentence not in known for sentence in read)
    if others:
        raise CaptionerError(
            f"{name}.pretraining: expected the training captions of the comparison, found"
            f" {len(read):,} sentences of which {others:,} are none of them; give it the same data,"
            " or say in a note of this captioner what it reads"
        )


def _sentences(data: VocabularyDataModule) -> list[tuple[str, ...]]:
    """Return what is trained on, as words; nothing where that is not known."""
    if isinstance(data, TextDataModule):
        return [tuple(words) for words in data.splits.train]
    if isinstance(data, CaptionDataModule):
        tokenize = data.tokenizer.tokenize
        return [tuple(tokenize(text)) for example in data.splits.train for text in example.captions]
    return []
