"""From picture files and caption annotations to batches."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.data.augmentation import Augmentation as Augmentation
    from captioner.data.augmentation import TrainTransform as TrainTransform
    from captioner.data.coco import read_coco as read_coco
    from captioner.data.coco_datamodule import CocoDataModule as CocoDataModule
    from captioner.data.datamodule import CaptionDataModule as CaptionDataModule
    from captioner.data.example import Example as Example
    from captioner.data.flickr_datamodule import FlickrDataModule as FlickrDataModule
    from captioner.data.folder_datamodule import FolderDataModule as FolderDataModule
    from captioner.data.images import read_image as read_image
    from captioner.data.karpathy_datamodule import KarpathyDataModule as KarpathyDataModule
    from captioner.data.scenes_datamodule import ScenesDataModule as ScenesDataModule
    from captioner.data.scenes_text_datamodule import ScenesTextDataModule as ScenesTextDataModule
    from captioner.data.shards_datamodule import ShardsDataModule as ShardsDataModule
    from captioner.data.text_datamodule import TextDataModule as TextDataModule
    from captioner.data.transforms import EvalTransform as EvalTransform

_HOMES = {
    "Augmentation": "augmentation",
    "CaptionDataModule": "datamodule",
    "CocoDataModule": "coco_datamodule",
    "EvalTransform": "transforms",
    "Example": "example",
    "FlickrDataModule": "flickr_datamodule",
    "FolderDataModule": "folder_datamodule",
    "KarpathyDataModule": "karpathy_datamodule",
    "ScenesDataModule": "scenes_datamodule",
    "ScenesTextDataModule": "scenes_text_datamodule",
    "ShardsDataModule": "shards_datamodule",
    "TextDataModule": "text_datamodule",
    "TrainTransform": "augmentation",
    "read_coco": "coco",
    "read_image": "images",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    # Imported on use: the processes that draw pictures should not load torch first.
    if name in _HOMES:
        return getattr(import_module(f"captioner.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'captioner.data' has no attribute {name!r}")
