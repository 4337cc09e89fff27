"""What a golden checkpoint is compared by, as plain values by name."""

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from captioner import SearchSettings, load_captioner
from captioner.__main__ import main
from tests.golden.recipes import Recipe, command

PICTURES = ("train_0.png", "train_1.png", "test_0.png")
_SEARCH = SearchSettings(beams=3, captions=3)
_CURVES = ("train/loss", "train/reward", "val/loss", "val/perplexity")


def facts(checkpoint: Path) -> dict[str, str]:
    """Return what ``info`` says of a checkpoint: what it is, and how far its training is."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["info", str(checkpoint)]) == 0
    lines = said.getvalue().splitlines()
    known = {line[:24].rstrip(): line[24:].strip() for line in lines}
    until = list(known).index("vocabulary") + 1
    return {name: known[name] for name in [*list(known)[:until], "epochs", "steps", "precision"]}


def captions(checkpoint: Path, data: Path) -> dict[str, dict[str, float]]:
    """Return log-probabilities by picture and caption: three of each picture, best first."""
    files = [data / "images" / name for name in PICTURES]
    found = {}
    for path, best in load_captioner(checkpoint).iterate(files, search=_SEARCH):
        assert isinstance(best, list), best
        found[path.name] = {caption.text: caption.log_probability for caption in best}
    return found


def perplexities(checkpoint: Path, recipe: Recipe, data: Path, runs: Path) -> dict[str, float]:
    """Return those of a language model, of each direction, on sentences like and unlike its own."""
    more = (f"--ckpt_path={checkpoint}", "--name=validate")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(command("validate", recipe, data, runs, *more)) == 0
    logged = _read(runs / "validate" / "version_0")
    tags = [f"val/{direction}_perplexity" for direction in ("forward", "backward")]
    return {tag: logged.Scalars(tag)[-1].value for tag in tags}


def curves(run: Path, after: int) -> dict[str, dict[str, float]]:
    """Return what a run logged by step: losses, rewards and learning rates.

    Args:
        run: Its folder.
        after: Steps that are left out at the beginning.
    """
    logged = _read(run)
    tags = [tag for tag in logged.Tags()["scalars"] if tag in _CURVES or tag.startswith("lr-")]
    return {
        tag: {str(each.step): each.value for each in logged.Scalars(tag) if each.step >= after}
        for tag in tags
    }


def weights(checkpoint: Path) -> dict[str, Tensor]:
    """Return the weights in a checkpoint; beside averages, those that they are averages of."""
    found = torch.load(checkpoint, map_location="cpu", weights_only=True)
    averaged = found.get("current_model_state", {})
    return found["state_dict"] | {f"current {name}": value for name, value in averaged.items()}


def norms(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> dict[str, list[float]]:
    """Return of each weight that has changed its norm, and that of the change.

    The change is so much smaller that little is enough to change it. Biases of attention keys are
    left out: softmax cancels them, so that their gradients are nothing but errors of rounding.
    """
    assert before.keys() == after.keys()
    return {
        name: [float(each.double().norm()) for each in (weight, weight - before[name])]
        for name, weight in after.items()
        if not name.endswith("key_value.bias") and not torch.equal(weight, before[name])
    }


def _read(run: Path) -> EventAccumulator:
    return EventAccumulator(str(run), size_guidance={"scalars": 0}).Reload()
