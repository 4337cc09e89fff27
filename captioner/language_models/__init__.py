"""Language models of text: the biLM of ELMo, its training, its published files."""

from captioner.language_models.bilm import BiLM
from captioner.language_models.directional_lm import DirectionalLM, LMState
from captioner.language_models.options import BiLMOptions
from captioner.language_models.sentence_vectors import sentence_vectors

__all__ = ["BiLM", "BiLMOptions", "DirectionalLM", "LMState", "sentence_vectors"]
