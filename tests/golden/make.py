"""Make golden checkpoints and note what is expected of them: ``python -m tests.golden.make NAME``.

To be run once for every recipe in ``recipes.py``, when it is new, with the versions that
``requirements/`` locks and one thread (``OMP_NUM_THREADS=1``). What is there is not made again; see
``test_golden.py`` for what to do when the format of checkpoints changes. All recipes together take
two minutes.
"""

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as transform  # type: ignore[import-untyped]

from captioner import __version__
from captioner.__main__ import main as run_command
from captioner.checkpoints.checkpoint_file import FORMAT
from tests.golden import measures
from tests.golden.pictures import write_data
from tests.golden.recipes import ENCODER, FILES, FIRST_STAGES, GOLDEN, Recipe, command, last

WORK = Path("/tmp/golden")
_DATA, _RUNS = Path("data"), Path("runs")
_PACKAGES = ("lightning", "numpy", "pillow", "timm", "torch", "torchvision")


def main(given: list[str]) -> int:
    """Make the golden checkpoints that are named, or all."""
    chosen = given or list(GOLDEN)
    for name in chosen:
        if (FILES / f"{name}.ckpt").exists():
            print(f"{FILES / name}.ckpt is there, and no golden checkpoint is made twice")
            return 2
    with _working():
        write_data(_DATA)
        _write_encoder(Path(ENCODER))
        for name, recipe in FIRST_STAGES.items():
            _fit(recipe, f"first/{name}")
        for name in chosen:
            _make(name, GOLDEN[name])
    return 0


@contextlib.contextmanager
def _working() -> Iterator[None]:
    """Work in a folder whose name says nothing of the machine: checkpoints hold it."""
    WORK.mkdir()
    try:
        with contextlib.chdir(WORK):
            yield
    finally:
        shutil.rmtree(WORK)


def _write_encoder(file: Path) -> None:
    """Write an encoder of random weights whose features differ from picture to picture.

    Of each number three binary places are kept, so that git packs it to a quarter.
    """
    torch.manual_seed(0)
    model: Any = timm.create_model("test_efficientnet", num_classes=0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # statistics are plain averages
    files = sorted((_DATA / "images").iterdir())
    pixels = torch.stack([transform.pil_to_tensor(Image.open(each)) for each in files])
    mean, std = (list(model.pretrained_cfg[name]) for name in ("mean", "std"))
    with torch.no_grad():
        model.train()(transform.normalize(pixels / 255, mean, std))
    state = {
        name: _rounded(value) if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    torch.save(state, file)


def _rounded(values: Tensor) -> Tensor:
    places = 23 - 3
    bits = values.contiguous().view(torch.int32) + (1 << places - 1)
    return (bits >> places << places).view(torch.float32)


def _fit(recipe: Recipe, name: str, *more: str) -> Path:
    """Run a recipe and return its ``last.ckpt``."""
    first = [f"--init_from={last(_RUNS, f'first/{recipe.first}')}"] if recipe.first else []
    own = (*recipe.settings, f"--name={name}", *first, *more)
    assert run_command(command("fit", recipe, _DATA, _RUNS, *own)) == 0
    return last(_RUNS, name)


def _make(name: str, recipe: Recipe) -> None:
    """Train to the end, and once more to the middle; keep the latter, and expect the former."""
    whole = _fit(recipe, f"whole/{name}")
    cut = _fit(recipe, f"cut/{name}", f"--trainer.max_steps={recipe.steps}")
    golden = FILES / f"{name}.ckpt"
    shutil.copyfile(cut, golden)
    expected: dict[str, Any] = {
        "format": FORMAT,
        "made_with": {"captioner": __version__} | {each: version(each) for each in _PACKAGES},
        "facts": measures.facts(golden),
    }
    if recipe.model == "BiLanguageModel":
        expected["perplexities"] = measures.perplexities(golden, recipe, _DATA, _RUNS)
    else:
        expected["captions"] = measures.captions(golden, _DATA)
    expected["curves"] = measures.curves(whole.parents[1], recipe.steps)
    expected["norms"] = measures.norms(measures.weights(golden), measures.weights(whole))
    golden.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
