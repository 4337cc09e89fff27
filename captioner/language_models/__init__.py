"""Language models of text alone: the biLM of ELMo."""

from captioner.language_models.bilm import BiLM, DirectionalLM, LMState
from captioner.language_models.options import BiLMOptions

__all__ = ["BiLM", "BiLMOptions", "DirectionalLM", "LMState"]
