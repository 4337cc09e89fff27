"""Models and data modules that settings know by short names: their classes are imported here."""

from captioner.captioners import Captioner
from captioner.data import (
    CocoDataModule,
    FlickrDataModule,
    FolderDataModule,
    KarpathyDataModule,
    ScenesDataModule,
    ScenesTextDataModule,
    ShardsDataModule,
    TextDataModule,
)
from captioner.language_models.bi_language_model import BiLanguageModel

MODELS = (Captioner, BiLanguageModel)
DATA_MODULES = (
    CocoDataModule,
    KarpathyDataModule,
    FlickrDataModule,
    FolderDataModule,
    ScenesDataModule,
    TextDataModule,
    ScenesTextDataModule,
    ShardsDataModule,
)
