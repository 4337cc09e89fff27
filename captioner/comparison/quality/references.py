"""References of the test images, and the groups that they divide the images into."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from captioner.comparison.quality.length_groups import Flags, length_groups, reference_lengths
from captioner.comparison.quality.rare_words import RULE, with_rare_words
from captioner.data.formats.coco import Example
from captioner.scores.ngrams import Words
from captioner.scores.score import Floats

RARE_WORDS = "rare words"
_LEAST_RARE = 10  # images: the CIDEr of fewer says nothing


@dataclass(frozen=True)
class References:
    """References of B images as words, and groups of the images.

    Attributes:
        image_ids: Ids of the images.
        words: For each image its references.
        lengths: Mean number of words of the references of each image (B,).
        by_length: For each group of images, shortest references first, which are in it (B,).
        groups: The same for the groups that the data set names, and for ``RARE_WORDS`` if there
            are enough such images.
        notes: What a reader must know of them: when a word is rare.
    """

    image_ids: list[int]
    words: list[list[list[str]]]
    lengths: Floats
    by_length: list[Flags]
    groups: dict[str, Flags]
    notes: list[str]

    @classmethod
    def of(
        cls,
        examples: Sequence[Example],
        training: Collection[Words],
        tokenize: Callable[[str], list[str]],
    ) -> References:
        """Return the references of ``examples``.

        Args:
            examples: The images.
            training: The training captions, as words; they tell which words are rare.
            tokenize: Splits a caption into words.

        Example:
            >>> examples = [Example(1, "", ("A dog.",), "indoors"), Example(2, "", ("A cow.",))]
            >>> References.of(examples, [["a", "dog"]], lambda text: text.lower().split()).groups
            {'indoors': array([ True, False])}
        """
        words = [[tokenize(text) for text in example.captions] for example in examples]
        named = np.array([example.group for example in examples], object)
        groups: dict[str, Flags] = {name: named == name for name in sorted({*named} - {""})}
        notes = []
        rare = with_rare_words(words, training)
        if rare.sum() >= _LEAST_RARE:
            groups[RARE_WORDS] = rare
            notes.append(f"{RARE_WORDS}: the {rare.sum()} test images of which {RULE}")
        lengths = reference_lengths(words)
        ids = [example.image_id for example in examples]
        return cls(ids, words, lengths, length_groups(lengths), groups, notes)
