"""Search: greedy, beam, diverse, constrained, sampling; over a step function, not a model."""

from captioner.search.beam import beam_search
from captioner.search.constrained import constrained_beam_search
from captioner.search.decode import Strategy, decode
from captioner.search.diverse import diverse_beam_search
from captioner.search.ensemble import EnsembleState, ensemble_step
from captioner.search.greedy import greedy_search
from captioner.search.hypotheses import Hypotheses
from captioner.search.length import LengthNormalization, Wu, average, unnormalized
from captioner.search.rules import (
    Forbidden,
    MinimumLength,
    NoDanglingEnding,
    NoRepeatedNgram,
    Rule,
)
from captioner.search.sampling import sample
from captioner.search.state import Memoryless, SearchState, Step

__all__ = [
    "EnsembleState",
    "Forbidden",
    "Hypotheses",
    "LengthNormalization",
    "Memoryless",
    "MinimumLength",
    "NoDanglingEnding",
    "NoRepeatedNgram",
    "Rule",
    "SearchState",
    "Step",
    "Strategy",
    "Wu",
    "average",
    "beam_search",
    "constrained_beam_search",
    "decode",
    "diverse_beam_search",
    "ensemble_step",
    "greedy_search",
    "sample",
    "unnormalized",
]
