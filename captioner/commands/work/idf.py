"""``idf``: save how rare n-grams are in training captions, so that one image has a CIDEr."""

from __future__ import annotations

from captioner.data.formats.coco import read_coco
from captioner.scores import IdfTable
from captioner.text import PTBTokenizer


def idf(annotations: str, out: str) -> int:
    """Write the table; return 0.

    Args:
        annotations: COCO caption file of training images.
        out: JSON file to write.
    """
    tokenizer = PTBTokenizer()
    examples = read_coco(annotations, "")
    references = [[tokenizer.tokenize(text) for text in each.captions] for each in examples]
    table = IdfTable.build(references)
    table.save(out, tokenizer.name)
    print(f"{out}: {len(table.counts)} n-grams that occur in two or more of {table.images} images")
    return 0
