"""From picture files and caption annotations to batches."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.data.datamodules.captions import CaptionDataModule as CaptionDataModule
    from captioner.data.datamodules.coco import CocoDataModule as CocoDataModule
    from captioner.data.datamodules.flickr import FlickrDataModule as FlickrDataModule
    from captioner.data.datamodules.folder import FolderDataModule as FolderDataModule
    from captioner.data.datamodules.karpathy import KarpathyDataModule as KarpathyDataModule
    from captioner.data.datamodules.scenes import ScenesDataModule as ScenesDataModule
    from captioner.data.datamodules.scenes_text import ScenesTextDataModule as ScenesTextDataModule
    from captioner.data.datamodules.shards import ShardsDataModule as ShardsDataModule
    from captioner.data.datamodules.text import TextDataModule as TextDataModule
    from captioner.data.formats.coco import read_coco as read_coco
    from captioner.data.formats.example import Example as Example
    from captioner.data.pictures.augmentation import Augmentation as Augmentation
    from captioner.data.pictures.augmentation import TrainTransform as TrainTransform
    from captioner.data.pictures.images import read_image as read_image
    from captioner.data.pictures.transforms import EvalTransform as EvalTransform

_HOMES = {
    "Augmentation": "pictures.augmentation",
    "CaptionDataModule": "datamodules.captions",
    "CocoDataModule": "datamodules.coco",
    "EvalTransform": "pictures.transforms",
    "Example": "formats.example",
    "FlickrDataModule": "datamodules.flickr",
    "FolderDataModule": "datamodules.folder",
    "KarpathyDataModule": "datamodules.karpathy",
    "ScenesDataModule": "datamodules.scenes",
    "ScenesTextDataModule": "datamodules.scenes_text",
    "ShardsDataModule": "datamodules.shards",
    "TextDataModule": "datamodules.text",
    "TrainTransform": "pictures.augmentation",
    "read_coco": "formats.coco",
    "read_image": "pictures.images",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    # Imported on use: the processes that draw pictures should not load torch first.
    if name in _HOMES:
        return getattr(import_module(f"captioner.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'captioner.data' has no attribute {name!r}")
