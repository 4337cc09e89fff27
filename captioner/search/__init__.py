"""Turning step scores into captions; nothing here knows a model."""

from captioner.search.greedy import greedy_search
from captioner.search.hypotheses import Hypotheses

__all__ = ["Hypotheses", "greedy_search"]
