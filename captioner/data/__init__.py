"""From picture files and caption annotations to batches."""

from captioner.data.coco import Example, read_coco
from captioner.data.datamodule import CocoDataModule
from captioner.data.images import read_image
from captioner.data.scenes_datamodule import ScenesDataModule
from captioner.data.transforms import EvalTransform, TrainTransform

__all__ = [
    "CocoDataModule",
    "EvalTransform",
    "Example",
    "ScenesDataModule",
    "TrainTransform",
    "read_coco",
    "read_image",
]
