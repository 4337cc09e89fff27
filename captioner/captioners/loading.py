"""From a checkpoint that may come from anywhere to a captioner."""

from __future__ import annotations

from captioner.captioners.base import Captioner
from captioner.captioners.elmo import ElmoCaptioner
from captioner.captioners.lstm import LSTMCaptioner
from captioner.captioners.transformer import TransformerCaptioner
from captioner.checkpoint import Checkpoint
from captioner.checkpoint_model import build, outline
from captioner.errors import CaptionerError

# A closed set on purpose: a checkpoint names its captioner, and a file must not be able to make
# the program import anything.
CAPTIONERS: dict[str, type[Captioner]] = {
    "LSTMCaptioner": LSTMCaptioner,
    "ElmoCaptioner": ElmoCaptioner,
    "TransformerCaptioner": TransformerCaptioner,
}


def captioner_class(checkpoint: Checkpoint) -> type[Captioner]:
    """Return the class that a checkpoint is of, once the file is known to fit it.

    A file is compared with the captioner that it describes before one is built: on the meta
    device, where weights have a shape but take neither memory nor time.

    Raises:
        CaptionerError: If the file names another model, sets what is not architecture, or holds
            weights that do not fit.
    """
    found = CAPTIONERS.get(checkpoint.model)
    if found is None:
        raise CaptionerError(
            f"{checkpoint.path}: expected one of the captioners {', '.join(CAPTIONERS)}, found"
            f" {checkpoint.model!r}"
        )
    expected = outline(checkpoint, found)
    if expected.encoder.preprocessing.size != checkpoint.preprocessing.size:
        raise CaptionerError(
            f"{checkpoint.path}: expected pictures of {expected.encoder.preprocessing.size}"
            f" pixels, found {checkpoint.preprocessing.size}"
        )
    return found


def build_captioner(checkpoint: Checkpoint) -> Captioner:
    """Return the captioner of a checkpoint, with its weights and its pre-processing.

    Raises:
        CaptionerError: As :func:`captioner_class` does.
    """
    return build(checkpoint, captioner_class(checkpoint))
