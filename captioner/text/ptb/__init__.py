"""Penn Treebank tokenizer of the COCO caption evaluation, and its inverse."""

from captioner.text.ptb.tokenizer import PTBTokenizer

__all__ = ["PTBTokenizer"]
