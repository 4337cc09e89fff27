"""Caption statistics: number, length, and words that a vocabulary knows."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from tqdm import tqdm

from captioner.data.formats.example import Example
from captioner.text import Tokenizer, Vocabulary

_MOST = 10


@dataclass(frozen=True)
class CaptionStatistics:
    """Describe the captions of a split.

    Attributes:
        images: How many pictures.
        captions: How many captions.
        per_image: Fewest, mean and most captions of a picture.
        words: Fewest, mean, median and most words of a caption.
        wordless: Captions without any word, such as "...", which training leaves out.
        cut: Captions that training cuts, being longer than it reads.
        known: Share of the words, as often as they occur, that the vocabulary holds.
        unknown: The most frequent words that it does not.
    """

    images: int
    captions: int
    per_image: tuple[int, float, int]
    words: tuple[int, float, float, int]
    wordless: int
    cut: int
    known: float
    unknown: list[str]


def caption_statistics(
    examples: Sequence[Example], tokenizer: Tokenizer, vocabulary: Vocabulary, max_words: int
) -> CaptionStatistics:
    """Count the captions and words of a split that is not empty.

    Every caption is read once, and 4 bytes of it are kept.

    Args:
        examples: The split.
        tokenizer: Splits captions into words.
        vocabulary: What a captioner knows.
        max_words: How many words of a caption are trained on.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> photo = Example(1, "a.jpg", ("A dog runs.", "A wet dog."))
        >>> found = caption_statistics([photo], PTBTokenizer(), Vocabulary(["a", "dog"]), 40)
        >>> found.captions, found.words, round(found.known, 2), found.unknown
        (2, (3, 3, 3.0, 3), 0.67, ['runs', 'wet'])
    """
    each, lengths = array("I"), array("I")
    counts: Counter[str] = Counter()
    # a bar only where someone is looking, for sets that take minutes
    for example in tqdm(examples, "captions", unit=" pictures", disable=None, leave=False):
        each.append(len(example.captions))
        for text in example.captions:
            words = tokenizer.tokenize(text)
            lengths.append(len(words))
            counts.update(words)
    unknown = Counter({word: count for word, count in counts.items() if word not in vocabulary})
    total = counts.total() or 1
    return CaptionStatistics(
        images=len(each),
        captions=len(lengths),
        per_image=(min(each), mean(each), max(each)),
        words=(min(lengths), mean(lengths), median(lengths), max(lengths)),
        wordless=lengths.count(0),
        cut=sum(length > max_words for length in lengths),
        known=1 - unknown.total() / total,
        unknown=[word for word, _ in unknown.most_common(_MOST)],
    )
