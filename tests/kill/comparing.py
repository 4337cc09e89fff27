"""``compare``: trainings and tests in processes of their own, and a report."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.kill.fits import run_outcome
from tests.kill.scenario import Outcome, Scenario

# what takes time or memory is not the same twice, nor is what is said of it
_MEASURED = re.compile(
    r"seconds|memory|per_second|time|inference|step_times|machine|gradient_reach|claims|notes|cost"
)


def _fit(shared: Path) -> dict[str, Any]:
    """Return the settings of the training that is compared."""
    model = {
        "encoder": "test_efficientnet",
        "encoder_weights": "random",
        "image_size": 64,
        "width": 24,
        "hidden_size": 24,
        "embedding_size": 24,
        "attention_size": 12,
        "learning_rate": 5e-3,
        "warmup_steps": 2,
    }
    files = {f"{part}_annotations": f"{shared / part}.json" for part in ("train", "val", "test")}
    data = {"images": f"{shared}/images", "cache_dir": "cache", "min_count": 1, "num_workers": 0}
    trainer = {"accelerator": "cpu", "precision": "32-true", "max_epochs": 6}
    return {
        "model": {"class_path": "LSTMCaptioner", "init_args": model},
        "data": {"class_path": "CocoDataModule", "init_args": {**files, **data, "batch_size": 4}},
        "trainer": {**trainer, "log_every_n_steps": 1, "enable_model_summary": False},
        "checkpoint_minutes": 0,
    }


def _compare(shared: Path, folder: Path) -> list[str]:
    config, plan = shared / "fit.yaml", shared / "compare.yaml"
    config.write_text(yaml.safe_dump(_fit(shared)))
    models = {"tiny": {"config": str(config)}}
    plan.write_text(yaml.safe_dump({"models": models, "seeds": [0], "out": "out"}))
    return ["compare", f"--config={plan}", "--search.beams=2"]


def _outcome(folder: Path) -> Outcome:
    seed = folder / "out/runs/tiny/seed_0"
    results = json.loads((folder / "out/results.json").read_text())
    found = {f"results.json: {name}": value for name, value in _known(results, "")}
    return found | run_outcome(folder, seed)


def _known(value: Any, name: str) -> list[tuple[str, str]]:
    """Return what is known exactly, by name, of what a comparison has found out."""
    if isinstance(value, dict):
        pairs = ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list):
        pairs = ((str(place), inner) for place, inner in enumerate(value))
    else:
        return [(name, repr(value))]
    return [
        found
        for key, inner in pairs
        if not _MEASURED.search(key)
        for found in _known(inner, f"{name}.{key}")
    ]


COMPARING = {"compare": Scenario((_compare,), _outcome, children=True, cost=3)}
