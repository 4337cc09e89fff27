"""Words as the Penn Treebank tokenizer of the field's scorer makes them."""

from captioner.text.ptb.tokenizer import PTBTokenizer

__all__ = ["PTBTokenizer"]
