"""Transfer: start a second training stage from the weights of a first one."""

from __future__ import annotations

from collections.abc import Iterable

from captioner.checkpoints.checkpoint_file import CheckpointFile
from captioner.text import Vocabulary
from captioner.training.checkpointed_module import CheckpointedModule


def initialize_from_checkpoint(model: CheckpointedModule, checkpoint: CheckpointFile) -> None:
    """Load weights and pre-processing of a checkpoint into a model, and nothing else.

    Step counters, optimizer and learning rate start anew. If the model's vocabulary is that of the
    checkpoint with more words behind it, the words of the checkpoint keep their weights exactly
    and the new ones keep those that they were drawn with.

    Args:
        model: A model of the checkpoint's class and architecture.
        checkpoint: Where the weights come from.

    Raises:
        ValueError: If the vocabulary does not begin with the checkpoint's.
    """
    known = len(checkpoint.vocabulary)
    if model.vocabulary.words[:known] != checkpoint.vocabulary.words:
        raise ValueError("vocabulary: expected it to begin with the words of the checkpoint")
    weights = dict(model.state_dict())
    for name, trained in checkpoint.weights.items():
        if weights[name].shape == trained.shape:
            weights[name] = trained
        else:  # one row for each word
            weights[name] = weights[name].clone()
            weights[name][:known] = trained
    model.load_state_dict(weights)
    model.adopt_metadata(checkpoint)


def extend_vocabulary(vocabulary: Vocabulary, words: Iterable[str]) -> Vocabulary:
    """Return a vocabulary with the words of another text added behind its own.

    Example:
        >>> extend_vocabulary(Vocabulary(["a", "dog"]), ["a", "cat"]).words[4:]
        ('a', 'dog', 'cat')
    """
    special = len(Vocabulary.SPECIAL)
    known = {*vocabulary.words}
    new = [word for word in dict.fromkeys(words) if word not in known]
    return Vocabulary([*vocabulary.words[special:], *new])
