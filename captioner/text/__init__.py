"""Text in, word ids out, and back: tokenizer, detokenizer, vocabulary."""

from captioner.text.ptb.tokenizer import PTBTokenizer
from captioner.text.tokenizer import Tokenizer
from captioner.text.tokenizers import get_tokenizer
from captioner.text.vocabulary import Vocabulary

__all__ = ["PTBTokenizer", "Tokenizer", "Vocabulary", "get_tokenizer"]
