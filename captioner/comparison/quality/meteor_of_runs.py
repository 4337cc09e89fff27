"""METEOR of many runs at once: its Java program takes longer to start than to score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from captioner.errors import CaptionerError
from captioner.scores import Score
from captioner.scores.meteor import meteor
from captioner.scores.ngrams import Words


def meteor_of_runs(
    captions: Mapping[str, Sequence[Sequence[Words]]],
    references: Sequence[Sequence[Words]],
    scores: Mapping[str, Sequence[dict[str, Score]]],
) -> list[str]:
    """Add METEOR to the scores of all runs, or of none where it cannot be computed.

    Args:
        captions: For each captioner, by name, for each run the caption of each of B images.
        references: For each image its references, as words.
        scores: For each captioner, for each run its scores, which METEOR is added to.

    Returns:
        Nothing, or one sentence that says why there is no METEOR.
    """
    runs = [run for each in captions.values() for run in each]
    try:
        found = meteor([words for run in runs for words in run], [*references] * len(runs))
    except CaptionerError as error:
        return [f"No {error}"]  # which begins with the name of the score
    assert found.statistics is not None
    assert found.of_sums is not None
    images = len(references)
    for place, run in enumerate(each for of_model in scores.values() for each in of_model):
        own = slice(place * images, (place + 1) * images)
        run["METEOR"] = Score.summed(found.images[own], found.statistics[own], found.of_sums)
    return []
