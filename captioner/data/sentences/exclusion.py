"""Exclusion of leaks: sentences and pictures that results are reported on are not trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from captioner.data.pictures.file_names import image_key
from captioner.data.sentences.sources import TextExample
from captioner.text import Tokenizer


class Exclusion:
    """Drop what a validation or test part holds from a training part.

    A picture is known by what ``file_names.image_key`` leaves of its name: all
    its sentences go. A sentence is known by its words, so that capital letters and punctuation
    hide nothing: it goes even if someone wrote it about another picture, by chance.

    Args:
        examples: What must not be trained on.
        tokenizer: Splits sentences into words.

    Attributes:
        images: How many pictures have been dropped so far.
        sentences: How many sentences, those of dropped pictures included.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> dog = TextExample("7_693b08cb0e.jpg", ("A dog.",))
        >>> exclusion = Exclusion([dog], PTBTokenizer())
        >>> text = [TextExample("7.jpg", ("It runs.",)), TextExample("", ("a dog", "A cat."))]
        >>> list(exclusion.filter(text)), exclusion.sentences
        ([['a', 'cat']], 2)
    """

    def __init__(self, examples: Iterable[TextExample], tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._images: set[str] = set()
        self._sentences: set[tuple[str, ...]] = set()
        for example in examples:
            if example.image:
                self._images.add(image_key(example.image))
            self._sentences |= {tuple(tokenizer.tokenize(text)) for text in example.sentences}
        self.images = self.sentences = 0

    def filter(self, examples: Iterable[TextExample]) -> Iterator[list[str]]:
        """Yield the words of the sentences that may be trained on; those without words are none."""
        for example in examples:
            if example.image and image_key(example.image) in self._images:
                self.images += 1
                self.sentences += len(example.sentences)
                continue
            for text in example.sentences:
                words = self._tokenizer.tokenize(text)
                if tuple(words) in self._sentences:
                    self.sentences += 1
                elif words:
                    yield words
