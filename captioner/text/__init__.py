"""Text to word ids and back: tokenizer, detokenizer, vocabulary, spelling of words."""

from captioner.text.ptb.tokenizer import PTBTokenizer
from captioner.text.tokenizer import Tokenizer, get_tokenizer
from captioner.text.vocabulary import Vocabulary

__all__ = ["PTBTokenizer", "Tokenizer", "Vocabulary", "get_tokenizer"]
