"""Captioning models: plain torch modules, caption generation, ensembles and re-ranking."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.models.caption_model import CaptionModel as CaptionModel
    from captioner.models.ensemble import Ensemble as Ensemble
    from captioner.models.loading import load_model as load_model
    from captioner.models.search_settings import SearchSettings as SearchSettings

_MODULES = {
    "CaptionModel": "caption_model",
    "Ensemble": "ensemble",
    "SearchSettings": "search_settings",
    "load_model": "loading",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    # Imported on use: who reads settings of the search should not load torch first.
    if name in _MODULES:
        return getattr(import_module(f"captioner.models.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'captioner.models' has no attribute {name!r}")
