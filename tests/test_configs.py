"""Every shipped YAML is parsed and built: captioner, data, trainer."""

from pathlib import Path

import pytest
import yaml

from captioner.captioners import Captioner
from captioner.commands.train import CaptionerCLI

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_builds(path, colours, tmp_path, monkeypatch):
    monkeypatch.setattr("lightning.pytorch.Trainer.fit", lambda *_, **__: None)
    named = yaml.safe_load(path.read_text())
    if named["data"]["class_path"] == "ScenesDataModule":
        small = [f"--data.folder={tmp_path}/scenes"]
        small += [f"--data.{part}_size=4" for part in ("train", "val", "test")]
    else:  # data that the user brings
        small = [
            f"--data.train_annotations={colours}/annotations/captions_train.json",
            f"--data.test_annotations={colours}/annotations/captions_test.json",
            f"--data.images={colours}/images",
            "--data.holdout=4",
        ]
    cli = CaptionerCLI(["fit", f"--config={path}", "--trainer.accelerator=cpu", *small])
    assert isinstance(cli.model, Captioner)
    assert type(cli.model).__name__ == named["model"]["class_path"]
    assert cli.model.vocabulary == cli.datamodule.vocabulary
    assert cli.trainer.max_epochs == named["trainer"]["max_epochs"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_opens_with_command_time_and_score(path):
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    text = " ".join(header)
    assert f"python -m captioner fit --config {path.relative_to(ROOT)}" in text
    assert "CIDEr" in text
    assert "minutes" in text
